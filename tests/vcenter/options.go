// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"fmt"
	"sort"

	"github.com/vmware/govmomi/vim25/types"
)

// mergeOptions lays changes over extraConfig. An empty value removes its key.
// Neither list is changed.
func mergeOptions(base, changes []types.BaseOptionValue) []types.BaseOptionValue {
	merged := make([]types.BaseOptionValue, 0, len(base)+len(changes))
	changed := map[string]types.BaseOptionValue{}
	for _, c := range changes {
		changed[c.GetOptionValue().Key] = c
	}
	for _, option := range base {
		key := option.GetOptionValue().Key
		c, ok := changed[key]
		if !ok {
			merged = append(merged, option)
			continue
		}
		delete(changed, key)
		if text := optionText(c); text != "" {
			merged = append(merged, &types.OptionValue{Key: key, Value: text})
		}
	}
	for _, c := range changes {
		key := c.GetOptionValue().Key
		if last, ok := changed[key]; ok {
			delete(changed, key)
			if text := optionText(last); text != "" {
				merged = append(merged, &types.OptionValue{Key: key, Value: text})
			}
		}
	}
	return merged
}

func optionText(option types.BaseOptionValue) string {
	if value := option.GetOptionValue().Value; value != nil {
		return fmt.Sprint(value)
	}
	return ""
}

func optionsOf(values map[string]string) []types.BaseOptionValue {
	keys := make([]string, 0, len(values))
	for key := range values {
		keys = append(keys, key)
	}
	sort.Strings(keys)
	var options []types.BaseOptionValue
	for _, key := range keys {
		options = append(options, &types.OptionValue{Key: key, Value: values[key]})
	}
	return options
}

func optionMap(options []types.BaseOptionValue) map[string]string {
	values := map[string]string{}
	for _, option := range options {
		values[option.GetOptionValue().Key] = optionText(option)
	}
	return values
}
