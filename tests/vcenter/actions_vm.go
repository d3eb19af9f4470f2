// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"fmt"
)

func failed(f fault) error {
	if f == nil {
		return nil
	}
	return fmt.Errorf("%s", faultName(f))
}

func (s *server) doAddVM(text []byte) (answerMap, error) {
	spec, err := request[vmSpec](text)
	if err != nil {
		return nil, err
	}
	m, err := s.addVM(spec)
	if err != nil {
		return nil, err
	}
	return answerMap{"id": m.vm.Self.Value}, nil
}

// named is a request about one VM; its embedding types add what they need.
type named struct {
	VM string `json:"vm"`
}

func (n named) vmName() string { return n.VM }

// requestAbout reads a request, and finds the VM that it names.
func requestAbout[T interface{ vmName() string }](s *server, text []byte) (T, *machine, error) {
	r, err := request[T](text)
	if err != nil {
		return r, nil, err
	}
	m, err := s.find(r.vmName())
	return r, m, err
}

func (s *server) doPower(text []byte) (answerMap, error) {
	r, m, err := requestAbout[struct {
		named
		State string `json:"state"`
	}](s, text)
	if err != nil {
		return nil, err
	}
	state, err := powerState(r.State, "")
	if err == nil {
		s.setPower(m, state)
	}
	return nil, err
}

func (s *server) doRename(text []byte) (answerMap, error) {
	r, m, err := requestAbout[struct {
		named
		Name string `json:"name"`
	}](s, text)
	if err != nil {
		return nil, err
	}
	changes, f := s.renaming(m, stored(r.Name))
	if f == nil {
		s.update(m.vm, changes...)
	}
	return nil, failed(f)
}

func (s *server) doMove(text []byte) (answerMap, error) {
	r, m, err := requestAbout[struct {
		named
		Folder string `json:"folder"`
	}](s, text)
	if err != nil {
		return nil, err
	}
	folder, missing := s.findFolder(r.Folder)
	if missing != "" {
		return nil, fmt.Errorf("there is no folder '%s'", r.Folder)
	}
	if f := s.checkFree(folder, m.vm.Name, m.vm.Self); f != nil {
		return nil, failed(f)
	}
	s.move(m, folder)
	return nil, nil
}

func (s *server) doDestroy(text []byte) (answerMap, error) {
	_, m, err := requestAbout[named](s, text)
	if err == nil && m.holder != nil {
		err = fmt.Errorf("a task holds the VM")
	}
	if err == nil {
		s.unregister(m)
	}
	return nil, err
}

func (s *server) doSnapshot(text []byte) (answerMap, error) {
	r, m, err := requestAbout[struct {
		named
		Name        string `json:"name"`
		Description string `json:"description"`
	}](s, text)
	if err != nil {
		return nil, err
	}
	ref := s.addSnapshot(m, snapshotRequest{name: r.Name, description: r.Description})
	return answerMap{"id": ref.Value}, nil
}

func (s *server) doRemoveSnapshot(text []byte) (answerMap, error) {
	r, m, err := requestAbout[struct {
		named
		Snapshot string `json:"snapshot"`
	}](s, text)
	if err != nil {
		return nil, err
	}
	for _, n := range snapshotsOf(m.vm) {
		if n.Snapshot.Value == r.Snapshot || n.Name == r.Snapshot {
			s.dropSnapshot(m, n.Snapshot, false)
			return nil, nil
		}
	}
	return nil, fmt.Errorf("there is no snapshot '%s'", r.Snapshot)
}

// doCopy is an operator's full clone, whole at once, whatever the speeds and
// switches say; it inherits all and gets an identity of its own.
func (s *server) doCopy(text []byte) (answerMap, error) {
	r, m, err := requestAbout[struct {
		named
		Name   string `json:"name"`
		Folder string `json:"folder"`
	}](s, text)
	if err != nil {
		return nil, err
	}
	c := &cloning{server: s, source: m, config: *m.vm.Config}
	c.plan.name, c.plan.host, c.plan.pool = stored(r.Name), s.hostOf(m), *m.vm.ResourcePool
	c.plan.home = s.datastores[m.vm.Datastore[0]]
	folder, missing := s.findFolder(r.Folder)
	if missing != "" {
		return nil, fmt.Errorf("there is no folder '%s'", r.Folder)
	}
	if f := s.checkFree(folder, c.plan.name, reference{}); f != nil {
		return nil, failed(f)
	}
	c.plan.folder = folder
	c.fillPlan(&job{})
	c.plan.annotation, c.plan.extra, c.plan.copying = c.config.Annotation, c.config.ExtraConfig, false
	c.result = s.build(c.plan)
	if f := c.copyShare(1); f != nil {
		s.unregister(c.result)
		return nil, failed(f)
	}
	s.publishStorage(c.result)
	return answerMap{"id": c.result.vm.Self.Value}, nil
}
