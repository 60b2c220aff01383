package mqtt

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"go.uber.org/zap"
	"golang.org/x/sys/unix"

	"github.com/inceptiond/inceptiond/internal/testing/freeport"
	"github.com/inceptiond/inceptiond/publish"
	"github.com/inceptiond/inceptiond/publish/mqtt/spool"
)

// rounds is few in a quick run, and many in CI, where a random moment shall get its chance.
func rounds(few, many int) int {
	if os.Getenv("CI") == "true" && !testing.Short() {
		return many
	}
	return few
}

// machineClock is the clock of a machine that is not booted between two processes.
func machineClock() spool.Moment {
	var ts unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts); err != nil {
		panic(err)
	}
	return spool.Moment{Boot: "this boot", Monotonic: time.Duration(ts.Nano()), Time: time.Now()}
}

func spoolOptions(broker, dir string) Options {
	o := testOptions(broker)
	o.Now = machineClock
	o.Spool = Spool{Dir: dir, MaxBytes: 4 << 20, MaxWrites: 600}
	return o
}

// Who takes the place of a client goes on with its numbers; and the time of an event stays its own.
func TestNumbersGoOn(t *testing.T) {
	b := startEmbedded(t, "127.0.0.1:0")
	w := watch(t, "tcp://"+b.Addr(), nil, "", "")
	o := spoolOptions("mqtt://"+b.Addr(), t.TempDir())
	c, _ := openClient(t, o, testPace)
	change(t, c, "cam", "0")
	now := machineClock()
	frame := publish.Event{Device: "gate", Camera: "cam", Kind: publish.EventCamera, Value: "1", Time: now.Time.Add(-time.Second), Monotonic: now.Monotonic - time.Second}
	if err := c.Publish(t.Context(), frame); err != nil {
		t.Fatal(err)
	}
	closeInTime(t, c)
	o.After, o.Spool.Dir = c.LastNumber(), t.TempDir()
	c, _ = openClient(t, o, testPace)
	change(t, c, "cam", "2")
	w.expect(t, "inceptiond/gate/cam/event", `"0"`, `"1"`, `"2"`)
	var before event
	for i, text := range w.on("inceptiond/gate/cam/event") {
		e, err := parseEvent([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if i > 0 && e.Sequence != before.Sequence+1 || i == 1 && e.Time >= before.Time {
			t.Errorf("%+v after %+v", e, before)
		}
		before = e
	}
}

// A broker, or a network, that is slow at the moment of the end still gets the last event.
func TestEndWaitsForASlowBroker(t *testing.T) {
	eachBroker(t, func(t *testing.T, addr string, _, _ func()) {
		network := startTape(t, addr)
		w := watch(t, "tcp://"+addr, nil, "", "")
		c, _ := openClient(t, spoolOptions(network.url(), t.TempDir()), patientPace())
		change(t, c, "cam", "online")
		eventually(t, "all acknowledged", drained(c))
		network.set(false, 350*time.Millisecond) // each way
		change(t, c, "cam", "stopped")
		if err := c.Close(); err != nil {
			t.Error(err)
		}
		if n := c.Stats().Spool.Waiting; n != 0 {
			t.Errorf("%d events wait for the next start", n)
		}
		w.expect(t, "inceptiond/gate/cam/event", "online", "stopped")
	})
}

// A broker that takes its time with the last two packets, as on a busy machine, is not cut off: it would take that for a lost
// connection and say offline once more, perhaps when another client is online by then.
func TestEndIsRead(t *testing.T) {
	const late = 300 * time.Millisecond
	var said, parted atomic.Bool
	url := scripted(t, func(conn net.Conn, kind byte, body []byte) bool {
		switch topic, id, payload := parsePublish(kind, body); {
		case kind>>4 == 3 && topic == "inceptiond/gate/status" && string(payload) == offline:
			time.Sleep(late)
			said.Store(true)
			conn.Write([]byte{0x40, 2, byte(id >> 8), byte(id)})
			time.Sleep(late)
			return true
		case kind>>4 == 14: // DISCONNECT
			parted.Store(true)
		}
		return false
	})
	p := patientPace()
	p.ask = 10 * time.Millisecond
	c, _ := openClient(t, testOptions(url), p)
	eventually(t, "a connection", func() bool { return c.Stats().Connected })
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	if !said.Load() || !parted.Load() {
		t.Errorf("Close has returned; the broker has taken offline: %v, DISCONNECT: %v", said.Load(), parted.Load())
	}
}

// change publishes that camera is in a state, and fails the test if that takes long.
func change(t *testing.T, c *Client, camera, value string) {
	t.Helper()
	now := machineClock()
	start := time.Now()
	err := c.Publish(t.Context(), publish.Event{
		Device: "gate", Camera: camera, Kind: publish.EventCamera, Value: value, Time: now.Time, Monotonic: now.Monotonic,
	})
	if err != nil {
		t.Fatal(err)
	}
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("Publish took %v", took)
	}
}

// load publishes a change of one of three cameras each pause, until stop is called, which returns all of them.
func load(t *testing.T, c *Client, pause time.Duration) (stop func() []string) {
	var all []string
	done := make(chan struct{})
	var running sync.WaitGroup
	running.Go(func() {
		for i := 0; ; i++ {
			select {
			case <-done:
				return
			case <-time.After(pause):
			}
			camera, value := fmt.Sprintf("cam%d", i%3), fmt.Sprint("change-", i)
			change(t, c, camera, value)
			all = append(all, camera+" "+value)
		}
	})
	return sync.OnceValue(func() []string {
		close(done)
		running.Wait()
		return all
	})
}

func drained(c *Client) func() bool { return func() bool { return c.Stats().Spool.Waiting == 0 } }

func TestEventsGoToTheirTopics(t *testing.T) {
	b := startEmbedded(t, "127.0.0.1:0")
	w := watch(t, "tcp://"+b.Addr(), nil, "", "")
	c, _ := openClient(t, spoolOptions("mqtt://"+b.Addr(), t.TempDir()), testPace)
	change(t, c, "cam", "lost")
	change(t, c, "", "odd")
	w.expect(t, "inceptiond/gate/cam/event", `"value":"lost"`)
	w.expect(t, "inceptiond/gate/event", `"value":"odd"`)
	w.expect(t, "inceptiond/gate/spool", `"state":"disk"`)
	if err := c.Publish(t.Context(), publish.Event{Camera: "a/b"}); err == nil {
		t.Error("a camera that is no topic level: no error")
	}
	if err := c.Publish(t.Context(), publish.Event{Camera: "cam", Reason: strings.Repeat("x", 1<<20)}); err == nil {
		t.Error("an event of a megabyte: no error")
	}
}

// Only a PUBACK counts: a connection that ends in the middle is none, however the client library takes it.
func TestOnlyAcknowledgementsCount(t *testing.T) {
	b := startEmbedded(t, "127.0.0.1:0")
	var cuts atomic.Int64
	real := startTape(t, b.Addr())
	url := rude(t, func(conn net.Conn) {
		if cuts.Add(1) > 40 {
			real.carry(conn)
			return
		}
		accept(conn, 0)
		buf := make([]byte, 4096)
		conn.SetReadDeadline(time.Now().Add(100 * time.Millisecond)) // a client that has met this sends one packet at a time
		for range rand.IntN(6) {                                     // some packets, and then gone
			conn.Read(buf)
		}
		if rand.IntN(2) == 0 {
			conn.(*net.TCPConn).SetLinger(0) // a reset instead of an end
		}
		conn.Close()
	})
	c, _ := openClient(t, spoolOptions(url, t.TempDir()), testPace)
	var want []string
	for i := range 30 {
		want = append(want, fmt.Sprint("cam ", i))
		change(t, c, "cam", fmt.Sprint(i))
	}
	eventually(t, "many cut connections", func() bool { return cuts.Load() > 40 })
	eventually(t, "all acknowledged", drained(c))
	if n := real.acknowledged(); n != 30 {
		t.Errorf("the broker acknowledged %d events, want 30", n)
	}
	if _, err := checkEvents(real.sends(), want); err != nil {
		t.Error(err)
	}
}

func TestReplayIsPacedAndKeepsTimes(t *testing.T) {
	b := startEmbedded(t, "127.0.0.1:0")
	network := startTape(t, b.Addr())
	network.set(true, 0)
	p := testPace
	p.replay, p.connect = 5*time.Millisecond, 100*time.Millisecond
	c, _ := openClient(t, spoolOptions(network.url(), t.TempDir()), p)
	const count = 60
	begin := time.Now()
	for i := range count {
		change(t, c, "cam", fmt.Sprint(i))
	}
	end := time.Now()
	time.Sleep(50 * time.Millisecond) // so that the original times are clearly before
	network.set(false, 0)
	eventually(t, "all acknowledged", drained(c))
	sent := network.sends()
	if took := sent[len(sent)-1].at.Sub(sent[0].at); took < (count-1)*p.replay*9/10 {
		t.Errorf("%d events in %v, want one every %v", count, took, p.replay)
	}
	for i, e := range sent {
		at, err := time.Parse(time.RFC3339, e.Time)
		if err != nil || at.Before(begin.Add(-time.Millisecond)) || at.After(end) || e.Value != fmt.Sprint(i) {
			t.Fatalf("event %d: %s", i, e.text)
		}
	}
}

// TestBrokerIsKilled kills a real broker at random moments under load.
func TestBrokerIsKilled(t *testing.T) {
	m := startMosquitto(t, "allow_anonymous true")
	network := startTape(t, m.addr)
	c, _ := openClient(t, spoolOptions(network.url(), t.TempDir()), testPace)
	stop := load(t, c, 3*time.Millisecond)
	defer stop()
	kills := rounds(5, 50)
	for range kills {
		time.Sleep(rand.N(150 * time.Millisecond))
		m.kill()
		time.Sleep(rand.N(100 * time.Millisecond))
		m.start(t)
	}
	want := stop()
	eventually(t, "all acknowledged", drained(c))
	if n := network.acknowledged(); n != len(want) {
		t.Errorf("%d events acknowledged, want %d", n, len(want))
	}
	duplicates, err := checkEvents(network.sends(), want)
	if err != nil {
		t.Error(err)
	}
	if s := c.Stats(); s.Spool.Losses != (spool.Losses{}) || !s.Spool.OnDisk {
		t.Errorf("spool: %+v", s.Spool)
	}
	t.Logf("%d kills, %d events, 0 lost, %d sent more than once", kills, len(want), duplicates)
}

// childEnv makes the test binary a client that publishes events until it is killed: "broker directory run".
const childEnv = "INCEPTIOND_TEST_EVENTS"

// child prints each event that is written, as "camera value".
func child(args []string) {
	c, err := open(spoolOptions(args[0], args[1]), testPace, zap.NewNop())
	if err != nil {
		panic(err)
	}
	for i := 0; ; i++ {
		camera, value := fmt.Sprintf("cam%d", i%3), fmt.Sprintf("run-%s-%d", args[2], i)
		now := machineClock()
		err := c.Publish(context.Background(), publish.Event{
			Device: "gate", Camera: camera, Kind: publish.EventCamera, Value: value, Time: now.Time, Monotonic: now.Monotonic,
		})
		if err != nil {
			panic(err)
		}
		for !c.spool.Await() { // on a busy machine Publish does not wait for it
			time.Sleep(time.Millisecond)
		}
		fmt.Println(camera, value)
		time.Sleep(2 * time.Millisecond)
	}
}

// TestDaemonIsKilled kills the process with the client, again and again, while the broker comes and goes as well.
func TestDaemonIsKilled(t *testing.T) {
	m := startMosquitto(t, "allow_anonymous true")
	network := startTape(t, m.addr)
	dir := t.TempDir()
	var want []string
	kills := rounds(4, 20)
	for run := range kills {
		if run%3 == 2 { // some events wait from run to run
			network.set(true, 0)
		}
		want = append(want, runChild(t, network.url(), dir, run)...)
		network.set(false, 0)
		network.cut()
	}
	c, _ := openClient(t, spoolOptions(network.url(), dir), testPace)
	eventually(t, "all acknowledged", drained(c))
	duplicates, err := checkEvents(network.sends(), want)
	if err != nil {
		t.Error(err)
	}
	// The kernel ends a write between two pages if the process is killed there. What stands half on the disk then is an event
	// of which nobody was told that it is safe.
	s := c.Stats().Spool
	if torn := s.Losses.Damaged; torn > uint64(kills) || s.Losses != (spool.Losses{Damaged: torn}) {
		t.Errorf("spool: %+v", s)
	}
	t.Logf("%d kills, %d events, 0 lost, %d sent more than once", kills, len(want), duplicates)
}

// runChild lets a child publish, kills it at a random moment after its first event, and returns what it had published.
func runChild(t *testing.T, broker, dir string, run int) (published []string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%s %s %d", childEnv, broker, dir, run))
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if len(published) == 0 {
			time.AfterFunc(rand.N(400*time.Millisecond), func() { cmd.Process.Signal(syscall.SIGKILL) })
		}
		published = append(published, lines.Text())
	}
	if err := cmd.Wait(); err == nil || len(published) == 0 {
		t.Fatalf("the child ended by itself: %v", err)
	}
	return published
}

// Numbers never come twice within a boot, whatever became of the spool.
func TestNumbersGrowFromProcessToProcess(t *testing.T) {
	b := startEmbedded(t, "127.0.0.1:0")
	network := startTape(t, b.Addr())
	dir := t.TempDir()
	for i, o := range []Options{
		spoolOptions(network.url(), dir), spoolOptions(network.url(), ""), spoolOptions(network.url(), dir), spoolOptions(network.url(), t.TempDir()),
	} {
		c, _ := openClient(t, o, testPace)
		change(t, c, "cam", fmt.Sprint("a", i))
		change(t, c, "cam", fmt.Sprint("b", i))
		eventually(t, "all acknowledged", drained(c))
		closeInTime(t, c)
	}
	var last uint64
	for i, e := range network.sends() {
		if e.Boot != "this boot" || e.Sequence <= last || i%2 == 1 && e.Sequence != last+1 {
			t.Errorf("number %v after %d", e.number, last)
		}
		last = e.Sequence
	}
}

func TestLossesAreTold(t *testing.T) {
	addr := "127.0.0.1:" + freeport.Find(t)
	o := spoolOptions("mqtt://"+addr, t.TempDir())
	o.Spool.MaxBytes, o.Spool.MaxWrites = spool.MinBytes, 60
	c, logs := openClient(t, o, testPace)
	const count = 200
	for range count { // of 2 KB each
		change(t, c, "cam", strings.Repeat("long ", 400))
	}
	eventually(t, "a warning", func() bool { return warnings(logs, "events were given up") == 1 })
	closeInTime(t, c)
	lost := c.Stats().Spool.Losses.Bytes

	startEmbedded(t, addr)
	w := watch(t, "tcp://"+addr, nil, "", "")
	again, _ := openClient(t, o, testPace)
	eventually(t, "all acknowledged", drained(again))
	eventually(t, "the count, from before the restart", func() bool {
		for _, text := range w.on("inceptiond/gate/spool") {
			var m struct{ Dropped struct{ Bytes uint64 } }
			if json.Unmarshal([]byte(text), &m) == nil && m.Dropped.Bytes == lost {
				return true
			}
		}
		return false
	})
	eventually(t, "the others", func() bool { return len(w.on("inceptiond/gate/cam/event")) >= count-int(lost) })
}
