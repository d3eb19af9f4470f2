// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
)

// controlHandler is the control port; the package comment describes it.
func (s *server) controlHandler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/log", s.controlled(http.MethodGet, func(r *http.Request) (any, error) {
		since, err := numberIn(r, "since")
		return map[string]any{"calls": s.calls.since(since, r.URL.Query().Get("body") == "1")}, err
	}))
	mux.HandleFunc("/state", s.controlled(http.MethodGet, func(*http.Request) (any, error) {
		return s.state(), nil
	}))
	mux.HandleFunc("/history", s.controlled(http.MethodGet, func(r *http.Request) (any, error) {
		since, err := numberIn(r, "since")
		return map[string]any{"events": s.history.since(since)}, err
	}))
	mux.HandleFunc("/rules", s.controlled(http.MethodGet, func(*http.Request) (any, error) {
		return map[string]any{"rules": s.ruleViews(), "orders": s.openOrders()}, nil
	}))
	mux.HandleFunc("/do", s.controlled(http.MethodPost, func(r *http.Request) (any, error) {
		text, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		return s.do(text)
	}))
	return mux
}

func numberIn(r *http.Request, name string) (int, error) {
	text := r.URL.Query().Get(name)
	if text == "" {
		return 0, nil
	}
	number, err := strconv.Atoi(text)
	if err != nil {
		return 0, fmt.Errorf("%s: '%s' is no number", name, text)
	}
	return number, nil
}

func (s *server) controlled(method string, answer func(*http.Request) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		defer guard()
		w.Header().Set("Content-Type", "application/json")
		var result any
		err := fmt.Errorf("%s only", method)
		if r.Method == method {
			result, err = answer(r)
		}
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
			result = map[string]string{"error": err.Error()}
		}
		_ = json.NewEncoder(w).Encode(result)
	}
}

// answerMap is what an action adds to {"ok": true}.
type answerMap map[string]any

// actions are what /do can do; each gets the whole request, under the world.
func actions() map[string]func(*server, []byte) (answerMap, error) {
	return map[string]func(*server, []byte) (answerMap, error){
		"add_vm": (*server).doAddVM, "power": (*server).doPower, "rename": (*server).doRename,
		"move": (*server).doMove, "destroy": (*server).doDestroy, "snapshot": (*server).doSnapshot,
		"remove_snapshot": (*server).doRemoveSnapshot,
		"copy":            (*server).doCopy, "set": (*server).doSet, "task": (*server).doTask,
		"folder": (*server).doFolder, "datastore": (*server).doDatastore, "host": (*server).doHost,
		"next": (*server).doNext, "speed": (*server).doSpeed, "deny": (*server).doDeny,
		"clock": (*server).doClock, "end_sessions": (*server).doEndSessions, "rule": (*server).doRule,
		"clear_rules": (*server).doClearRules, "client": (*server).doClient,
		"write":     (*server).doWrite,
		"end_tasks": (*server).doEndTasks, "forget_tasks": (*server).doForgetTasks,
		"refuse": goesAway("refuse"), "blackhole": goesAway("blackhole"), "freeze": goesAway("freeze"),
		"restart": goesAway("restart"),
	}
}

func (s *server) do(text []byte) (any, error) {
	var head struct {
		Action string `json:"action"`
	}
	if err := json.Unmarshal(text, &head); err != nil {
		return nil, err
	}
	action := actions()[head.Action]
	if action == nil {
		return nil, fmt.Errorf("there is no action '%s'", head.Action)
	}
	var added answerMap
	var err error
	s.locked(func() { added, err = action(s, text) })
	s.settle()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", head.Action, err)
	}
	reply := map[string]any{"ok": true}
	for key, value := range added {
		reply[key] = value
	}
	return reply, nil
}

// request decodes the fields of an action beside its name.
func request[T any](text []byte) (T, error) {
	var fields map[string]json.RawMessage
	var into T
	if err := json.Unmarshal(text, &fields); err != nil {
		return into, err
	}
	delete(fields, "action")
	rest, err := json.Marshal(fields)
	if err != nil {
		return into, err
	}
	return into, decodeStrictly(rest, &into)
}

// find takes a reference's value, or a shown name that only one VM has.
func (s *server) find(word string) (*machine, error) {
	if m := s.machines[reference{Type: "VirtualMachine", Value: word}]; m != nil {
		return m, nil
	}
	var found *machine
	for _, m := range s.machines {
		if shown(m.vm.Name) != word {
			continue
		}
		if found != nil {
			return nil, fmt.Errorf("several VMs are called '%s'", word)
		}
		found = m
	}
	if found == nil {
		return nil, fmt.Errorf("there is no VM '%s'", word)
	}
	return found, nil
}
