package cluster

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/inceptiond/inceptiond/publish/mqtt"
)

var (
	length   = flag.Duration("cluster", 0, "kill nodes, start them, and cut them off from each other for so long (make cluster CLUSTER=10m)")
	devices  = flag.Int("devices", 2000, "light devices")
	daemons  = flag.Int("daemons", 20, "real daemons")
	turns    = flag.Duration("turns", 20*time.Second, "from one turn of a light device, which is two events, to the next")
	seed     = flag.Uint64("seed", 0, "of the random moments; 0: a new one")
	withTLS  = flag.Bool("tls", false, "with TLS, a name for each node, and a certificate for each device")
	opening  = flag.Duration("opening", 0, "from the start of the first light device to that of the last")
	patience = flag.Duration("patience", 5*time.Minute, "how long may pass until all devices are connected, their events acknowledged, and all is read")
	interest = flag.Bool("interest", false, "leave NATS's own stream of messages as it is, from which events have been lost")
	synced   = flag.Bool("sync", false, "servers write to the disk before they acknowledge (sync_interval: always)")
	maxWrong = 10 // that a report lists of each kind
)

func TestMain(m *testing.M) {
	ServeNode()
	os.Exit(m.Run())
}

// TestCluster has devices talk to a cluster of three nodes which are killed, stopped and cut off from each other at random
// moments, and once killed all at the same time. Nothing that was told may be missing afterwards.
func TestCluster(t *testing.T) {
	if *length == 0 {
		t.Skip("takes as long as -cluster says (make cluster CLUSTER=1m)")
	}
	r := newRun(t)
	if !*interest {
		r.consume()
	}
	r.measureIdle()
	if *interest {
		r.consume()
	}
	for i := range *daemons {
		name := fmt.Sprintf("pi-%02d", i+1)
		r.daemons = append(r.daemons, StartDaemon(t, name, 2, r.brokers, r.options(name).TLS))
	}
	r.fleet.Begin(*turns)
	from, start := r.watch.mark(), time.Now()
	r.must(sleep(r.ctx, *length/10))
	r.watch.report(t, "nothing happens to them", from)
	r.must(r.chaos.Run(r.ctx, start.Add(*length/3)))
	r.restartAll()
	r.must(r.chaos.Run(r.ctx, start.Add(*length)))
	r.fleet.Halt()
	r.watch.report(t, "killed and started", from)
	took := r.await("nothing waits for an acknowledgement", func() bool { waiting, _ := r.fleet.Waiting(); return waiting == 0 })
	t.Logf("nothing waits for an acknowledgement %.1f s after the last turn", took.Seconds())
	if _, lost := r.fleet.Waiting(); lost > 0 {
		t.Errorf("%d events were given up in the spools", lost)
	}
	r.checkRetained()
	for _, d := range r.daemons {
		if err := d.Stop(); err != nil {
			t.Error(err)
		}
	}
	r.judge(int(float64(*devices) * length.Seconds() / turns.Seconds()))
	if _, err := t.Output().Write(r.watch.csv()); err != nil {
		t.Error(err)
	}
}

// run is one run with all that takes part.
type run struct {
	t       *testing.T
	ctx     context.Context
	nodes   Nodes
	network *Network
	brokers []mqtt.Address
	signer  *authority // nil: without TLS
	chaos   *Chaos
	fleet   *Fleet
	daemons []*Daemon
	ledger  *Ledger
	events  *Consumer
	watch   *watch

	warnings complaints // of light devices
}

// newRun starts a cluster.
func newRun(t *testing.T) *run {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), *length+5*time.Minute+3**patience)
	t.Cleanup(cancel)
	if *seed == 0 {
		*seed = rand.Uint64()
	}
	t.Logf("-seed %d", *seed)
	needFiles(t)
	r := &run{t: t, ctx: ctx, ledger: NewLedger()}
	certificates := ""
	if *withTLS {
		certificates = t.TempDir()
		r.signer = newAuthority(t, certificates)
		for _, name := range []string{"n1.example", "n2.example", "n3.example"} {
			r.signer.issue(name)
		}
	}
	r.nodes, r.network = NewNodes(t, Options{Certificates: certificates, Synced: *synced})
	for _, n := range r.nodes {
		a := mqtt.Address{URL: n.MQTT}
		if *withTLS {
			a.ServerName = n.Name + ".example"
		}
		r.brokers = append(r.brokers, a)
	}
	start := time.Now()
	r.chaos = &Chaos{
		Nodes: r.nodes, Network: r.network, Patience: *patience, Rand: rand.New(rand.NewPCG(*seed, 0)),
		Log: func(format string, values ...any) {
			t.Logf("%6.1f s  %s", time.Since(start).Seconds(), fmt.Sprintf(format, values...))
		},
		At: func(n *Node) int { return r.fleet.At(n) },
	}
	r.must(r.nodes.Form(ctx, r.chaos.Log))
	r.chaos.Log("the nodes are a cluster")
	r.fleet = new(Fleet)
	t.Cleanup(func() { r.fleet.Close() })
	r.watch = startWatch(ctx, r)
	return r
}

// options are those of a device: where the brokers are, and what they know it by.
func (r *run) options(device string) mqtt.Options {
	o := mqtt.Options{Brokers: r.brokers}
	if r.signer != nil {
		o.TLS.CAFile = r.signer.file
		o.TLS.CertFile, o.TLS.KeyFile = r.signer.issue(device)
	}
	return o
}

// needFiles tells whether a process may open as many files as there are devices: all may be at one node.
func needFiles(t *testing.T) {
	t.Helper()
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	if want := uint64(*devices + *devices/2 + 500); limit.Max < want { // spools, too
		t.Fatalf("a process may open %d files, and needs %d: ulimit -Hn, or LimitNOFILE= of what runs this", limit.Max, want)
	}
}

func (r *run) must(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

// await waits for something that has to come, however busy the machine is.
func (r *run) await(what string, is func() bool) time.Duration {
	r.t.Helper()
	start := time.Now()
	for !is() {
		if time.Since(start) > *patience {
			waiting, _ := r.fleet.Waiting()
			r.t.Fatalf("after %.0f s it is not so: %s; %d of %d light devices are connected, and have %d events left",
				time.Since(start).Seconds(), what, r.fleet.Connected(), len(r.fleet.Devices), waiting)
		}
		r.must(sleep(r.ctx, 100*time.Millisecond))
	}
	return time.Since(start)
}

// awaitConnected waits until all light devices are connected, and says when they and most of them were, counted from start.
func (r *run) awaitConnected(start time.Time) {
	r.t.Helper()
	var said []string
	for _, percent := range []int{50, 90, 99, 100} {
		r.await(fmt.Sprintf("%d %% of the light devices are connected", percent), func() bool { return 100*r.fleet.Connected() >= percent*len(r.fleet.Devices) })
		said = append(said, fmt.Sprintf("%d %% after %.1f s", percent, time.Since(start).Seconds()))
		if percent >= 99 || time.Since(start) > time.Minute {
			r.t.Logf("of %d light devices are connected: %s", len(r.fleet.Devices), strings.Join(said, ", "))
		}
	}
}

// measureIdle opens the light devices, and measures what they cost while they have nothing to say.
func (r *run) measureIdle() {
	r.t.Helper()
	before, from, opened := takeStock(), r.watch.mark(), time.Now()
	var err error
	if r.fleet, err = OpenFleet(*devices, *opening, r.options, r.t.TempDir(), r.warnings.logger()); err != nil {
		r.t.Fatal(err)
	}
	r.awaitConnected(opened)
	r.watch.report(r.t, "first connection", from)
	r.must(sleep(r.ctx, 5*time.Second)) // until sweeps are over
	after := takeStock()
	r.t.Logf("a light device: %s", after.per(before, *devices))
}

func (r *run) consume() {
	r.t.Helper()
	var err error
	r.events, err = Consume(r.ctx, r.nodes, r.ledger, !*interest)
	r.must(err)
	r.t.Cleanup(r.events.Close)
}

// retaining is how long it may take until what is retained is right: keep-alives, and messages that are sent once more.
const retaining = 4 * time.Minute

// checkRetained waits until everybody who comes now is told how things are: that all devices are online, and their newest decisions. A
// node that was stopped for a while may have said offline for a device that has been elsewhere since.
func (r *run) checkRetained() {
	r.t.Helper()
	start := time.Now()
	for {
		wrong := r.wronglyRetained()
		if len(wrong) == 0 {
			r.t.Logf("what is retained is right after %.1f s", time.Since(start).Seconds())
			return
		}
		if time.Since(start) > retaining {
			r.t.Errorf("%d retained messages are wrong: %q", len(wrong), wrong[:min(len(wrong), maxWrong)])
			return
		}
		r.must(sleep(r.ctx, time.Second))
	}
}

// wronglyRetained says what is wrong of what the cluster retains now.
func (r *run) wronglyRetained() (wrong []string) {
	status, err := r.events.Retained(r.ctx, "inceptiond.*.status")
	if err != nil { // a stream without a leader
		return []string{err.Error()}
	}
	decisions, err := r.events.Retained(r.ctx, "inceptiond.*."+camera+".decision")
	if err != nil {
		return []string{err.Error()}
	}
	for _, d := range r.fleet.Devices {
		topic := "inceptiond." + d.name + "."
		if got := status[topic+"status"]; got != "online" {
			wrong = append(wrong, d.name+" is "+got)
		}
		if got := decisions[topic+camera+".decision"]; !strings.Contains(got, fmt.Sprintf(`"sequence":%d,`, d.turn)) {
			wrong = append(wrong, fmt.Sprintf("%s has decided %d, and not %.200s", d.name, d.turn, got))
		}
	}
	return wrong
}

// restartAll takes the whole cluster away for some seconds.
func (r *run) restartAll() {
	r.t.Helper()
	r.awaitConnected(time.Now())
	r.must(r.chaos.Restart(r.ctx, 10*time.Second))
	from, started := r.watch.mark(), time.Now()
	r.must(r.chaos.await(r.ctx))
	r.awaitConnected(started)
	replayed := r.await("their events are acknowledged", func() bool { waiting, _ := r.fleet.Waiting(); return waiting < *devices/10 })
	r.t.Logf("what they had kept meanwhile is acknowledged %.1f s later", replayed.Seconds())
	r.watch.report(r.t, "after the restart", from)
}

// judge waits until the consumer has everything, and says what is wrong; fewer events than least are too few to tell.
func (r *run) judge(least int) {
	r.t.Helper()
	var sent []Sent
	for _, d := range r.fleet.Devices {
		sent = append(sent, d.Sent())
	}
	r.await("the consumer has the last events", func() bool {
		return !slices.ContainsFunc(sent, func(s Sent) bool { return s.Last >= s.First && r.ledger.Newest(s.Device) < s.Last }) &&
			!slices.ContainsFunc(r.daemons, func(d *Daemon) bool { return r.ledger.Stopped(d.Device) < d.cameras })
	})
	for _, d := range r.daemons {
		s, err := r.ledger.Whole(d.Device)
		if err != nil {
			r.t.Error(err)
		}
		sent = append(sent, s)
	}
	r.t.Logf("light devices have warned of: %s", &r.warnings)
	v := r.ledger.Judge(sent)
	r.t.Logf("%d events of %d devices, %d duplicates; %d kills, %d stalls, %d cuts, %d times of two nodes at once",
		v.Events, len(sent), v.Duplicates, r.chaos.Kills, r.chaos.Stalls, r.chaos.Cuts, r.chaos.Pairs)
	for what, list := range map[string][]string{"lost": v.Lost, "out of order": v.Disorder, "never sent": v.Strange} {
		if len(list) > 0 {
			r.t.Errorf("%d events are %s: %q", len(list), what, list[:min(len(list), maxWrong)])
		}
	}
	if len(v.Faults) > 0 {
		r.t.Errorf("%d faults of the stream, first %v", len(v.Faults), v.Faults[0])
	}
	if v.Events < least {
		r.t.Errorf("only %d events, want %d at least", v.Events, least)
	}
}
