// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"reflect"
	"sync"

	"github.com/google/uuid"
	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

// collector is the property collector of one session. Reading is the
// simulator's, made strict; waiting is this program's own.
type collector struct {
	PC     *simulator.PropertyCollector
	server *server
	noLock

	mutex    sync.Mutex
	cancel   chan struct{} // closed to end the waits that run now
	version  int
	seen     map[reference]map[reference]map[string]string // filter, object, path: value
	compared map[reference]int64                           // filter: how often the bell had rung
	waiting  sync.Mutex
	pages    map[string]page // by token
}

// page is what of an answer was not told yet.
type page struct {
	objects []types.ObjectContent
	limit   int
}

func newCollector(s *server, pc *simulator.PropertyCollector) *collector {
	return &collector{PC: pc, server: s, cancel: make(chan struct{}), pages: map[string]page{}}
}

func (c *collector) Reference() reference { return c.PC.Self }

// stop ends the waits under way with RequestCanceled.
func (c *collector) stop() {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	close(c.cancel)
	c.cancel = make(chan struct{})
}

// RetrievePropertiesEx caps pages as servers do, refuses unknown properties,
// and answers nothing at all when no object matches.
func (c *collector) RetrievePropertiesEx(ctx *simulator.Context, req *types.RetrievePropertiesEx) soap.HasFault {
	if f := checkSpecs(req.SpecSet); f != nil {
		return &methods.RetrievePropertiesExBody{Fault_: refuse(f)}
	}
	limit := c.server.config.PageSize
	if limit > 0 && (req.Options.MaxObjects <= 0 || req.Options.MaxObjects > limit) {
		req.Options.MaxObjects = limit
	}
	body := c.collectEach(ctx, req)
	if body.Res == nil || body.Res.Returnval == nil {
		return body
	}
	if f := unknownProperty(body.Res.Returnval.Objects); f != nil {
		return &methods.RetrievePropertiesExBody{Fault_: refuse(f)}
	}
	result := body.Res.Returnval
	c.tellTime(result.Objects)
	result.Objects = c.server.visible(ctx.Session.UserName, req.SpecSet, result.Objects)
	if len(result.Objects) == 0 && result.Token == "" {
		body.Res.Returnval = nil
	}
	return body
}

// collectEach collects for each filter by itself: what is asked of the objects of one is not
// asked of those of another. The simulator does not tell them apart.
func (c *collector) collectEach(ctx *simulator.Context, req *types.RetrievePropertiesEx) *methods.RetrievePropertiesExBody {
	if len(req.SpecSet) == 1 {
		return c.PC.RetrievePropertiesEx(ctx, req).(*methods.RetrievePropertiesExBody)
	}
	var objects []types.ObjectContent
	for _, spec := range req.SpecSet {
		body := c.PC.RetrievePropertiesEx(ctx, &types.RetrievePropertiesEx{
			This: req.This, SpecSet: []types.PropertyFilterSpec{spec},
		}).(*methods.RetrievePropertiesExBody)
		if body.Fault_ != nil {
			return body
		}
		objects = append(objects, body.Res.Returnval.Objects...)
	}
	result := c.firstPage(objects, int(req.Options.MaxObjects))
	return &methods.RetrievePropertiesExBody{Res: &types.RetrievePropertiesExResponse{Returnval: result}}
}

// firstPage keeps what does not fit for the page that the token names.
func (c *collector) firstPage(objects []types.ObjectContent, limit int) *types.RetrieveResult {
	result := &types.RetrieveResult{Objects: objects}
	if limit > 0 && len(objects) > limit {
		result.Objects, result.Token = objects[:limit], uuid.NewString()
		c.mutex.Lock()
		defer c.mutex.Unlock()
		c.pages[result.Token] = page{objects[limit:], limit}
	}
	return result
}

// nextPage answers nil for a token that is none of firstPage's. A token works once.
func (c *collector) nextPage(token string) *types.RetrieveResult {
	c.mutex.Lock()
	kept, found := c.pages[token]
	delete(c.pages, token)
	c.mutex.Unlock()
	if !found {
		return nil
	}
	return c.firstPage(kept.objects, kept.limit)
}

// tellTime: the clock of the service instance goes on.
func (c *collector) tellTime(objects []types.ObjectContent) {
	for _, object := range objects {
		if object.Obj.Type != "ServiceInstance" {
			continue
		}
		for i := range object.PropSet {
			if object.PropSet[i].Name == "serverClock" {
				object.PropSet[i].Val = c.server.now()
			}
		}
	}
}

func (c *collector) ContinueRetrievePropertiesEx(ctx *simulator.Context, req *types.ContinueRetrievePropertiesEx) soap.HasFault {
	if result := c.nextPage(req.Token); result != nil {
		result.Objects = c.server.visible(ctx.Session.UserName, nil, result.Objects)
		return &methods.ContinueRetrievePropertiesExBody{
			Res: &types.ContinueRetrievePropertiesExResponse{Returnval: *result},
		}
	}
	answer := c.PC.ContinueRetrievePropertiesEx(ctx, req)
	if answer.Fault() != nil {
		f := &types.InvalidProperty{Name: "token"}
		return &methods.ContinueRetrievePropertiesExBody{Fault_: refuse(f)}
	}
	body := answer.(*methods.ContinueRetrievePropertiesExBody)
	for i := range body.Res.Returnval.Objects {
		dropEmpty(&body.Res.Returnval.Objects[i])
	}
	body.Res.Returnval.Objects = c.server.visible(ctx.Session.UserName, nil, body.Res.Returnval.Objects)
	return body
}

func (c *collector) RetrieveProperties(ctx *simulator.Context, req *types.RetrieveProperties) soap.HasFault {
	if f := checkSpecs(req.SpecSet); f != nil {
		return &methods.RetrievePropertiesBody{Fault_: refuse(f)}
	}
	body := c.PC.RetrieveProperties(ctx, req).(*methods.RetrievePropertiesBody)
	if body.Res != nil {
		if f := unknownProperty(body.Res.Returnval); f != nil {
			return &methods.RetrievePropertiesBody{Fault_: refuse(f)}
		}
		body.Res.Returnval = c.server.visible(ctx.Session.UserName, req.SpecSet, body.Res.Returnval)
	}
	return body
}

// Fetch has a request type that only the simulator knows.
func (c *collector) Fetch(ctx *simulator.Context, req any) soap.HasFault {
	method := reflect.ValueOf(c.PC).MethodByName("Fetch")
	answer := method.Call([]reflect.Value{reflect.ValueOf(ctx), reflect.ValueOf(req)})
	return answer[0].Interface().(soap.HasFault)
}

func (c *collector) CreateFilter(ctx *simulator.Context, req *types.CreateFilter) soap.HasFault {
	if f := checkSpecs([]types.PropertyFilterSpec{req.Spec}); f != nil {
		return &methods.CreateFilterBody{Fault_: refuse(f)}
	}
	return c.PC.CreateFilter(ctx, req)
}

func (c *collector) CreatePropertyCollector(ctx *simulator.Context, req *types.CreatePropertyCollector) soap.HasFault {
	return c.PC.CreatePropertyCollector(ctx, req)
}

func (c *collector) DestroyPropertyCollector(ctx *simulator.Context, req *types.DestroyPropertyCollector) soap.HasFault {
	c.stop()
	c.server.sessions.dropCollector(ctx.Session.Key, c.Reference())
	return c.PC.DestroyPropertyCollector(ctx, req)
}

func (c *collector) CancelWaitForUpdates(*types.CancelWaitForUpdates) soap.HasFault {
	c.stop()
	return &methods.CancelWaitForUpdatesBody{Res: &types.CancelWaitForUpdatesResponse{}}
}

// dropEmpty leaves out unset properties, as the first page does.
func dropEmpty(content *types.ObjectContent) {
	kept := content.PropSet[:0]
	for _, p := range content.PropSet {
		if p.Val != nil {
			kept = append(kept, p)
		}
	}
	content.PropSet = kept
}

// unknownProperty finds the InvalidProperty that the simulator hides in
// missingSet.
func unknownProperty(objects []types.ObjectContent) fault {
	for _, object := range objects {
		for _, missing := range object.MissingSet {
			if f, ok := missing.Fault.Fault.(*types.InvalidProperty); ok {
				return f
			}
		}
	}
	return nil
}
