# SPDX-License-Identifier: GPL-3.0-or-later
# Run as a test: fails where a file sees what its folder may not see.
# usage: cmake -DROOT=<source dir> -P arrows.cmake
#
# Direct includes only: a folder is safe if all that it may see is safe. A rule whose folder
# is empty fails, so that a renamed folder does not switch it off.
function(forbid folder pattern why)
  file(GLOB_RECURSE files "${ROOT}/${folder}/*.[ch]pp")
  if(NOT files)
    message(SEND_ERROR "no sources in ${folder}: the rule guards nothing")
  endif()
  foreach(file IN LISTS files)
    file(STRINGS "${file}" found REGEX "${pattern}")
    if(found)
      message(SEND_ERROR "${file}: ${found}\n  ${why}")
    endif()
  endforeach()
endfunction()

function(forbid_include folder pattern why)
  forbid("${folder}" "^ *# *include *[<\"](${pattern})" "${why}")
endfunction()

set(rooms "base|commands|config|fleet|job|recovery|report|rotation|state")
set(adapters "stdsoap2|soap/|libsecret/|openssl/|sealed_file|key_file|secret_service|systemd_credentials")
set(top "app\\.hpp|environment\\.hpp|process\\.hpp|child_process\\.hpp|hook_process\\.hpp|guest_prober\\.hpp|probe_socket\\.hpp|secret_input\\.hpp|terminal\\.hpp")

foreach(room base commands config fleet job report rotation state)
  forbid_include(cli/${room} "${adapters}" "cli talks to ports; adapters meet them in real_environment.cpp")
endforeach()
forbid_include(cli/base "(commands|config|fleet|job|recovery|report|rotation|state)/|vsphere|connect|${top}"
  "base knows nobody")
forbid_include(cli/rotation "(commands|config|fleet|job|recovery|report|state)/|vsphere|connect|${top}|[a-z]*stream>|filesystem|nlohmann"
  "the rules are pure")
forbid_include(cli/job "(commands|fleet|recovery|report|state)/|config/(parse|load|keys|values|resolve)|CLI/|nlohmann|connect|credential|${top}"
  "jobs do not know who asked")
forbid_include(cli/fleet "(commands|recovery|report|state)/|config/(parse|load|keys|values)|CLI/|nlohmann|connect|credential|${top}"
  "the fleet does not know who asked")
forbid_include(cli/config "(commands|fleet|job|recovery|report|rotation|state)/|vsphere|connect|CLI/|${top}"
  "the configuration knows only itself")
forbid_include(cli/report "(commands|fleet|recovery|state)/|CLI/|connect|credential|${top}"
  "reports take finished values")
forbid_include(cli/state "(commands|config|fleet|recovery|report|rotation)/|CLI/|vsphere|connect|${top}"
  "state is files")
forbid_include(vimclient "(${rooms})/|credential|secret|${top}" "vimclient stands alone")
forbid_include(credstore "(${rooms})/|vsphere|connect|soap/|${top}" "credstore stands alone")
foreach(room commands config fleet job report rotation)
  forbid(cli/${room} "_clock::now|[^_a-z]time\\(" "time comes through Environment")
endforeach()
foreach(room base commands fleet job report rotation state)
  forbid_include(cli/${room} "toml" "config alone knows TOML")
endforeach()
