package provider

import (
	"slices"
	"sync"

	"github.com/open-feature/go-sdk/openfeature"
)

// maxQueued bounds the events that wait for somebody to read the channel.
const maxQueued = 64

// emitter hands events to a reader that may be slow or absent, without ever
// holding up whoever emits. It owns the sending side of one event channel.
type emitter struct {
	ch   chan<- openfeature.Event
	wake chan struct{}
	stop chan struct{}
	done chan struct{}

	mu    sync.Mutex
	queue []openfeature.Event
}

// newEmitter starts an emitter on ch; close ends it and closes ch.
func newEmitter(ch chan<- openfeature.Event) *emitter {
	e := &emitter{ch: ch, wake: make(chan struct{}, 1), stop: make(chan struct{}), done: make(chan struct{})}
	go e.run()
	return e
}

// emit queues an event. Configuration changes that wait one behind the other
// become one; when too many events wait, the oldest is dropped.
func (e *emitter) emit(typ openfeature.EventType, message string, flags []string, code openfeature.ErrorCode) {
	d := openfeature.ProviderEventDetails{Message: message, FlagChanges: flags, ErrorCode: code}
	if code != "" {
		d.EventMetadata = map[string]any{"errorCode": string(code)} // the SDK drops ErrorCode on the way to handlers
	}
	e.mu.Lock()
	if n := len(e.queue); n > 0 && typ == openfeature.ProviderConfigChange && e.queue[n-1].EventType == typ {
		last := &e.queue[n-1].ProviderEventDetails
		last.FlagChanges = union(last.FlagChanges, flags)
	} else {
		if n >= maxQueued {
			e.queue = e.queue[1:]
		}
		e.queue = append(e.queue, openfeature.Event{ProviderName: Name, EventType: typ, ProviderEventDetails: d})
	}
	e.mu.Unlock()
	select {
	case e.wake <- struct{}{}:
	default:
	}
}

func (e *emitter) run() {
	defer close(e.done)
	for {
		select {
		case <-e.wake:
		case <-e.stop:
			return
		}
		for ev, ok := e.next(); ok; ev, ok = e.next() {
			select {
			case e.ch <- ev:
			case <-e.stop:
				return
			}
		}
	}
}

func (e *emitter) next() (openfeature.Event, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.queue) == 0 {
		return openfeature.Event{}, false
	}
	ev := e.queue[0]
	e.queue = e.queue[1:]
	return ev, true
}

// close drops what still waits and closes the channel, which is what ends the
// SDK's listener: without it API.Shutdown can hang.
func (e *emitter) close() {
	close(e.stop)
	<-e.done
	close(e.ch)
}

// union returns the sorted set of both lists.
func union(a, b []string) []string {
	all := slices.Concat(a, b)
	slices.Sort(all)
	return slices.Compact(all)
}
