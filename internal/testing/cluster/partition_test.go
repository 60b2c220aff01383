package cluster

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/inceptiond/inceptiond/publish/mqtt"
)

// TestClusterPartition cuts one node of three off from the others, which devices go on reaching: they have to leave it, and to get
// rid of their events elsewhere while it is still cut off. Nothing is lost, and the order holds, when it is back.
func TestClusterPartition(t *testing.T) {
	for _, cut := range []struct {
		name string
		do   func(*Network, *Node)
		long bool // it takes a minute: where there is time
	}{
		{"nothing comes", func(w *Network, n *Node) { w.Hold(n, true, true) }, false},
		{"not heard", func(w *Network, n *Node) { w.Hold(n, true, false) }, false},
		{"hears nothing", func(w *Network, n *Node) { w.Hold(n, false, true) }, true},
		{"closed", (*Network).Tear, true},
	} {
		if cut.long && *length < 5*time.Minute {
			continue
		}
		t.Run(cut.name, func(t *testing.T) {
			t.Parallel()
			r := newSmallRun(t, 30)
			r.fleet.Begin(2 * time.Second)
			r.await("all devices are connected", func() bool { return r.fleet.Connected() == len(r.fleet.Devices) })
			n := slices.MaxFunc(r.nodes, func(a, b *Node) int { return r.fleet.At(a) - r.fleet.At(b) })
			t.Logf("%d devices are at %s", r.fleet.At(n), n.Name)
			cut.do(r.network, n)
			took := r.await("the last device has left the node that is cut off", func() bool { return r.fleet.At(n) == 0 })
			t.Logf("the last one has left it after %.1f s", took.Seconds())
			r.fleet.Halt()
			took = r.await("all events are acknowledged", func() bool { waiting, _ := r.fleet.Waiting(); return waiting == 0 })
			t.Logf("all events are acknowledged %.1f s later", took.Seconds())
			r.network.Heal()
			r.checkRetained()
			r.judge(len(r.fleet.Devices))
		})
	}
}

// newSmallRun starts a cluster, and connects devices.
func newSmallRun(t *testing.T, devices int) *run {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	t.Cleanup(cancel)
	r := &run{t: t, ctx: ctx, ledger: NewLedger(), chaos: new(Chaos)}
	r.nodes, r.network = NewNodes(t, Options{})
	for _, n := range r.nodes {
		r.brokers = append(r.brokers, mqtt.Address{URL: n.MQTT})
	}
	r.must(r.nodes.Form(ctx, t.Logf))
	r.consume()
	var err error
	options := func(string) mqtt.Options { return mqtt.Options{Brokers: r.brokers, KeepAlive: 4 * time.Second} }
	r.fleet, err = OpenFleet(devices, 0, options, t.TempDir(), r.warnings.logger())
	r.must(err)
	t.Cleanup(r.fleet.Close)
	return r
}
