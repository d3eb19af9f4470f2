// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"strings"
	"unicode/utf8"

	"github.com/vmware/govmomi/vim25/types"
)

// longestName is the limit of an inventory name, counted in its stored form.
const longestName = 80

var (
	escaper   = strings.NewReplacer("%", "%25", "/", "%2f", `\`, "%5c")
	unescaper = strings.NewReplacer("%25", "%", "%2f", "/", "%2F", "/", "%5c", `\`, "%5C", `\`)
)

// stored is the form in which the inventory keeps a name that people typed.
func stored(shown string) string { return escaper.Replace(shown) }

// shown is the form in which people see a stored name.
func shown(stored string) string { return unescaper.Replace(stored) }

// storedRequest escapes the name of a request: a per cent sign that starts an
// escape sequence is the caller's own and stays as it is.
func storedRequest(name string) string {
	var out strings.Builder
	for i := 0; i < len(name); i++ {
		if name[i] == '%' && startsEscape(name[i:]) {
			out.WriteString(name[i : i+3])
			i += 2
			continue
		}
		out.WriteString(escaper.Replace(name[i : i+1]))
	}
	return out.String()
}

func startsEscape(text string) bool {
	if len(text) < 3 {
		return false
	}
	switch strings.ToLower(text[:3]) {
	case "%25", "%2f", "%5c":
		return true
	}
	return false
}

// checkName refuses an empty or too long stored name.
func checkName(stored string) types.BaseMethodFault {
	if stored == "" || utf8.RuneCountInString(stored) > longestName {
		return &types.InvalidName{Name: stored}
	}
	return nil
}
