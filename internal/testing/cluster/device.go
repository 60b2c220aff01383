package cluster

import (
	"context"
	"fmt"
	"path/filepath"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/publish"
	"github.com/inceptiond/inceptiond/publish/mqtt"
)

// camera is that of all light devices.
const camera = "cam"

// Device is a daemon without cameras and models: what is between its pipeline and the brokers, with made-up messages.
type Device struct {
	name   string
	client *mqtt.Client
	before publish.Number // the number before its first event
	turn   uint64         // the sequence of its newest decision
	label  int
}

// OpenDevice opens the client of a device with the options that a daemon has by default, besides o. dir is the folder of its spool;
// empty: it is in memory.
func OpenDevice(name string, o mqtt.Options, dir string, log *zap.Logger) (*Device, error) {
	d := &Device{name: name}
	o.Device, o.Queue, o.Ask, o.Sweep, o.Spool = name, 256, true, true, mqtt.Spool{Dir: dir, MaxWrites: 60}
	var err error
	if d.client, err = mqtt.Open(o, log); err != nil {
		return nil, err
	}
	d.before = d.client.LastNumber()
	d.begin()
	return d, nil
}

// put publishes m. The client refuses nothing that is made up well.
func (d *Device) put(m publish.Message) {
	if err := d.client.Publish(context.Background(), m); err != nil {
		panic(err)
	}
}

// model is what all devices have.
func model() publish.Model { return publish.Model{Name: "demo", SHA256: fmt.Sprintf("%064d", 0)} }

// begin publishes what a daemon tells at its start.
func (d *Device) begin() {
	now := time.Now()
	d.put(publish.Inventory{Cameras: []publish.Listed{{Name: camera, Classes: []string{"circle", "square"}}}})
	d.put(publish.ConfigStatus{Device: d.name, State: publish.ConfigApplied, Time: now})
	d.put(publish.CameraStatus{Device: d.name, Camera: camera, State: publish.CameraOnline, Time: now})
	d.put(publish.EngineStatus{Device: d.name, Camera: camera, Model: model(), State: publish.EngineRunning, Wanted: "cpu", Engine: "cpu", Time: now})
}

// Turn is one frame: a result, another state and decision, and the events of these.
func (d *Device) Turn() {
	now := time.Now()
	d.turn++
	d.label = 1 - d.label
	top := publish.Prediction{Index: d.label, Label: []string{"circle", "square"}[d.label], Score: 0.9}
	d.put(&publish.Result{
		Device: d.name, Camera: camera, Sequence: d.turn, Time: now, Model: model(), Engine: "cpu",
		Image: publish.Size{Width: 640, Height: 480}, Predictions: []publish.Prediction{top},
	})
	state := publish.State{Device: d.name, Camera: camera, Sequence: d.turn, Time: now, Model: model(), Found: true, Top: top}
	decision := publish.Decision{
		Device: d.name, Camera: camera, Sequence: d.turn, Time: now, Label: top.Label, Score: 0.9, Votes: 4, Window: 5, Model: model(),
	}
	d.put(state)
	d.put(publish.LabelEvent(state, nil))
	d.put(decision)
	d.put(publish.DecisionEvent(decision))
}

// Connected tells whether it is now.
func (d *Device) Connected() bool { return d.client.Stats().Connected }

// At tells whether it is connected to a node now.
func (d *Device) At(n *Node) bool { return d.client.Stats().Broker == n.MQTT }

// Sent says which events it has given to its client.
func (d *Device) Sent() Sent {
	last := d.client.LastNumber()
	return Sent{Device: d.name, Boot: last.Boot, First: d.before.Sequence + 1, Last: last.Sequence}
}

// Fleet is many devices, which take turns.
type Fleet struct {
	Devices []*Device
	stop    context.CancelFunc
	running sync.WaitGroup
}

// OpenFleet opens n devices, over a time, each with the options that are for its name; one in ten has its spool below dir, the others
// in memory.
func OpenFleet(n int, over time.Duration, options func(device string) mqtt.Options, dir string, log *zap.Logger) (*Fleet, error) {
	f := &Fleet{stop: func() {}}
	start := time.Now()
	for i := range n {
		time.Sleep(time.Until(start.Add(over / time.Duration(n) * time.Duration(i))))
		name, spool := fmt.Sprintf("light-%05d", i), ""
		if i%10 == 0 {
			spool = filepath.Join(dir, name)
		}
		d, err := OpenDevice(name, options(name), spool, log)
		if err != nil {
			f.Close()
			return nil, err
		}
		f.Devices = append(f.Devices, d)
	}
	return f, nil
}

// Begin has each device take a turn every pace, spread evenly, until Halt.
func (f *Fleet) Begin(pace time.Duration) {
	const hands = 16 // goroutines: a spool on a disk may hold one for some milliseconds
	ctx, stop := context.WithCancel(context.Background())
	f.stop = stop
	for hand := range hands {
		f.running.Go(func() {
			for next := time.Now(); ; {
				for i := hand; i < len(f.Devices); i += hands {
					next = next.Add(pace * hands / time.Duration(len(f.Devices)))
					if sleep(ctx, time.Until(next)) != nil {
						return
					}
					f.Devices[i].Turn()
				}
				if len(f.Devices) <= hand && sleep(ctx, pace) != nil {
					return
				}
			}
		})
	}
}

// Halt ends the turns.
func (f *Fleet) Halt() {
	f.stop()
	f.running.Wait()
}

// Connected is how many devices are.
func (f *Fleet) Connected() int { return f.count((*Device).Connected) }

// At is how many devices are connected to a node.
func (f *Fleet) At(n *Node) int { return f.count(func(d *Device) bool { return d.At(n) }) }

func (f *Fleet) count(is func(*Device) bool) (n int) {
	for _, d := range f.Devices {
		if is(d) {
			n++
		}
	}
	return n
}

// Waiting is how many events the cluster has not acknowledged, and how many were given up.
func (f *Fleet) Waiting() (waiting int, lost uint64) {
	for _, d := range f.Devices {
		s := d.client.Stats().Spool
		waiting += s.Waiting
		lost += s.Losses.Bytes + s.Losses.Age + s.Losses.Memory + s.Losses.Damaged
	}
	return waiting, lost
}

// Close closes all clients.
func (f *Fleet) Close() {
	f.Halt()
	var closing sync.WaitGroup
	for _, d := range f.Devices {
		closing.Go(func() { d.client.Close() })
	}
	closing.Wait()
}
