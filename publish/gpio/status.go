package gpio

import (
	"context"
	"reflect"
	"time"

	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/publish"
)

// touch says that a pin may have changed.
func (p *Publisher) touch() {
	select {
	case p.changed <- struct{}{}:
	default:
	}
}

// tell publishes how the pins are, whenever that changes, until the publisher is closed; then for the last time.
func (p *Publisher) tell() {
	defer close(p.told)
	var last publish.GPIOStatus
	for ended := false; !ended; {
		select {
		case <-p.changed:
		case <-p.stop:
			ended = true
		}
		now := p.status()
		if now.Time = last.Time; reflect.DeepEqual(now, last) {
			continue
		}
		now.Time = time.Now()
		if err := p.Out.Publish(context.Background(), now); err != nil {
			p.Log.Debug("the status of pins is not published", zap.Error(err))
		}
		last = now
	}
}

// status is how all pins are.
func (p *Publisher) status() publish.GPIOStatus {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := publish.GPIOStatus{
		Device: p.options.Device, DryRun: p.options.DryRun,
		Inputs: map[string]publish.GPIOInput{}, Outputs: map[string]publish.GPIOOutput{},
	}
	for name, in := range p.inputs {
		s.Inputs[name] = in.status()
	}
	for _, o := range p.outputs {
		name, status := o.status()
		s.Outputs[name] = status
	}
	return s
}
