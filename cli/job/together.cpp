// SPDX-License-Identifier: GPL-3.0-or-later
#include "job/together.hpp"

#include <chrono>
#include <utility>

namespace vmrotate::job {

using vimclient::Fault;

std::optional<vimclient::Answer> ask_together(vimclient::Vsphere& vsphere,
                                              const vimclient::Question& question)
{
    try {
        return vsphere.read(question);
    } catch (const vimclient::OutcomeUnknown&) {
        throw;
    } catch (const Fault& fault) {
        if (fault.kind() != Fault::Kind::not_found && fault.kind() != Fault::Kind::refused)
            throw;
        return {};
    }
}

rotation::Time server_time(vimclient::Vsphere& vsphere, const Run& run,
                           const std::optional<vimclient::Time>& told)
{
    constexpr std::chrono::minutes tolerance{3};
    if (told && std::chrono::abs(run.clock.now() - *told) <= tolerance)
        return *told;
    return vsphere.now();
}

vimclient::Question question_of_set(const rotation::SetId& id)
{
    vimclient::Question question;
    question.time = true;
    question.folder_id = id.folder_id;
    question.datastore_id = id.datastore_id;
    return question;
}

std::optional<SetFacts> set_facts(const rotation::SetId& id, vimclient::Answer answer)
{
    if (!answer.folder)
        return {};
    return SetFacts{std::move(*answer.folder), id.datastore_id, std::move(answer.uses),
                    answer.time};
}

SetFacts read_set_facts(vimclient::Vsphere& vsphere, const rotation::SetId& id)
{
    if (auto answer = ask_together(vsphere, question_of_set(id)))
        if (auto facts = set_facts(id, std::move(*answer)))
            return std::move(*facts);
    return {vsphere.vms_in(id.folder_id), {}, {}, {}};
}

}  // namespace vmrotate::job
