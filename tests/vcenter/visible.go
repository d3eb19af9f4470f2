// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"slices"

	"github.com/vmware/govmomi/vim25/types"
)

// visible takes out of a listing what the user may not see. Without System.View
// an object that was not asked for by its reference is left out; without
// System.Read it comes without its properties.
func (s *server) visible(user string, specs []types.PropertyFilterSpec, list []types.ObjectContent) []types.ObjectContent {
	if s.unlimited(user) {
		return list
	}
	kept := []types.ObjectContent{}
	for _, content := range list {
		switch {
		case !s.may(user, content.Obj, "System.View"):
			if !asksFor(specs, content.Obj) {
				continue
			}
			hideProperties(&content, "System.View")
		case !s.may(user, content.Obj, "System.Read"):
			hideProperties(&content, "System.Read")
		}
		kept = append(kept, content)
	}
	return kept
}

func asksFor(specs []types.PropertyFilterSpec, ref reference) bool {
	return slices.ContainsFunc(specs, func(spec types.PropertyFilterSpec) bool {
		return slices.ContainsFunc(spec.ObjectSet, func(o types.ObjectSpec) bool { return o.Obj == ref })
	})
}

// hideProperties says of each property why it cannot be read.
func hideProperties(content *types.ObjectContent, privilege string) {
	for _, p := range content.PropSet {
		content.MissingSet = append(content.MissingSet, types.MissingProperty{
			Path: p.Name, Fault: localized(noPermission(content.Obj, privilege), ""),
		})
	}
	content.PropSet = nil
}
