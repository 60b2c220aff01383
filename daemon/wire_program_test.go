package main_test

import (
	"encoding/binary"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/inceptiond/inceptiond/internal/testing/freeport"
	"github.com/inceptiond/inceptiond/internal/testing/syncbuf"
)

// program is inceptiond itself, as a child process. Config files and pictures are named relative to its folder, so that
// no path of this machine gets into what it says.
type program struct {
	cmd    *exec.Cmd
	dir    string
	out    syncbuf.Buffer
	err    syncbuf.Buffer
	exited chan error
}

// startProgram starts inceptiond in dir. It is killed when the test ends, if it has not ended by then.
func startProgram(t *testing.T, dir string, args ...string) *program {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p := &program{cmd: exec.Command(self), dir: dir, exited: make(chan error, 1)}
	p.cmd.Args = append([]string{"inceptiond"}, args...) // TestMain runs main under this name
	p.cmd.Dir, p.cmd.Stdout, p.cmd.Stderr = dir, &p.out, &p.err
	p.cmd.Env = append(os.Environ(), "XDG_STATE_HOME="+filepath.Join(dir, "state"),
		"STATE_DIRECTORY=", "CREDENTIALS_DIRECTORY=", "NOTIFY_SOCKET=", "JOURNAL_STREAM=", "INCEPTIOND_KERNELS=")
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		p.exited <- p.cmd.Wait()
		close(ended)
	}()
	t.Cleanup(func() {
		p.cmd.Process.Kill()
		<-ended
		if t.Failed() {
			t.Logf("standard error of %v:\n%s", args, p.err.String())
		}
	})
	return p
}

// await waits until the program has ended by itself, and checks the number that it exits with.
func (p *program) await(t *testing.T, code int) {
	t.Helper()
	select {
	case err := <-p.exited:
		var exit *exec.ExitError
		if err != nil && !errors.As(err, &exit) {
			t.Fatal(err)
		}
		if got := p.cmd.ProcessState.ExitCode(); got != code {
			t.Errorf("exits with %d, want %d: %s", got, code, p.err.String())
		}
	case <-time.After(patience):
		t.Fatalf("does not end: %s", p.err.String())
	}
}

// interrupt is Ctrl-C.
func (p *program) interrupt(t *testing.T) {
	t.Helper()
	p.signal(t, syscall.SIGINT)
	p.await(t, 0)
}

// reload has the program read another config file.
func (p *program) reload(t *testing.T, text string) {
	t.Helper()
	writeConfig(t, p.dir, text)
	p.signal(t, syscall.SIGHUP)
}

func (p *program) signal(t *testing.T, s os.Signal) {
	t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		t.Fatal(err)
	}
}

// run runs a command of inceptiond to its end and returns what it writes to standard output.
func run(t *testing.T, dir string, args ...string) string {
	t.Helper()
	p := startProgram(t, dir, args...)
	p.await(t, 0)
	return p.out.String()
}

const configName = "inceptiond.yaml"

// writeConfig puts a config file in the place of the one that is there, at once: nobody reads half of it.
func writeConfig(t *testing.T, dir, text string) {
	t.Helper()
	next := filepath.Join(dir, "next.yaml")
	if err := os.WriteFile(next, []byte(strings.TrimPrefix(text, "\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(next, filepath.Join(dir, configName)); err != nil {
		t.Fatal(err)
	}
}

// startBroker runs the embedded broker of a second inceptiond, whose own messages are below "broker/".
func startBroker(t *testing.T, address string) *program {
	t.Helper()
	dir := t.TempDir()
	writeConfig(t, dir, `
device: broker
mqtt: {listen: '`+address+`', prefix: broker}
cameras:
  none: {source: v4l2, v4l2: {device: /nowhere/video0}}
`)
	return startProgram(t, dir, "run", "-c", configName, "--output", "none")
}

// kill ends the program as a power cut would.
func (p *program) kill(t *testing.T) {
	t.Helper()
	p.signal(t, syscall.SIGKILL)
	select {
	case <-p.exited:
	case <-time.After(patience):
		t.Fatal("survives SIGKILL")
	}
}

// freeAddress is a loopback address on which nobody listens.
func freeAddress(t *testing.T) string {
	t.Helper()
	return "127.0.0.1:" + freeport.Find(t)
}

// link is the network between the daemon and the broker. The test cuts it, or holds back what the broker says.
type link struct {
	address string // where the daemon connects
	broker  string

	mu    sync.Mutex
	up    bool
	held  chan struct{} // closed unless the broker's side is held back
	rest  []byte        // of what the daemon was given from the broker: a packet that is not complete yet
	acked int           // messages of QoS 1 that the broker has acknowledged
	conns []net.Conn
}

// startLink starts a link to the broker at this address, which is up.
func startLink(t *testing.T, broker string) *link {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	k := &link{address: l.Addr().String(), broker: broker, up: true, held: make(chan struct{})}
	close(k.held)
	var pipes sync.WaitGroup
	pipes.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			pipes.Go(func() { k.pipe(c) })
		}
	})
	t.Cleanup(func() {
		l.Close()
		k.cut()
		pipes.Wait()
	})
	return k
}

// pipe moves bytes both ways until either side ends.
func (k *link) pipe(daemon net.Conn) {
	defer daemon.Close()
	broker, err := net.Dial("tcp", k.broker)
	if err != nil {
		return
	}
	defer broker.Close()
	if !k.join(daemon, broker) {
		return
	}
	var back sync.WaitGroup
	back.Go(func() {
		copyUntil(daemon, broker, k.pass)
		daemon.Close()
	})
	copyUntil(broker, daemon, func([]byte) {})
	broker.Close()
	back.Wait()
}

// copyUntil copies from one side to the other until either ends. It calls pass before it hands bytes on.
func copyUntil(to, from net.Conn, pass func([]byte)) {
	data := make([]byte, 32<<10)
	for {
		n, err := from.Read(data)
		if err != nil {
			return
		}
		pass(data[:n])
		if _, err := to.Write(data[:n]); err != nil {
			return
		}
	}
}

// puback is the type of a PUBACK: MQTT 3.1.1, section 2.2.1.
const puback = 4

// pass returns when the broker's side is not held back.
func (k *link) pass(data []byte) {
	k.mu.Lock()
	held := k.held
	k.mu.Unlock()
	<-held
	k.mu.Lock()
	defer k.mu.Unlock()
	k.rest = append(k.rest, data...)
	for len(k.rest) > 1 {
		length, n := binary.Uvarint(k.rest[1:]) // the remaining length: MQTT 3.1.1, section 2.2.3
		end := 1 + n + int(length)
		if n <= 0 || len(k.rest) < end {
			return
		}
		if k.rest[0]>>4 == puback {
			k.acked++
		}
		k.rest = k.rest[end:]
	}
}

// acknowledged is how many messages of QoS 1 the broker has acknowledged on the one connection there was.
func (k *link) acknowledged() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.acked
}

// join adds the two ends of a connection, unless the link is cut.
func (k *link) join(ends ...net.Conn) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.up {
		k.conns = append(k.conns, ends...)
	}
	return k.up
}

// hold keeps what the broker says from the daemon: acknowledgements above all. It ends with cut.
func (k *link) hold() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.held = make(chan struct{})
}

// cut ends all connections and refuses new ones. What was held back is lost.
func (k *link) cut() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.up = false
	for _, c := range k.conns {
		c.Close()
	}
	k.conns = nil
	select {
	case <-k.held:
	default:
		close(k.held)
	}
}

// mend lets connections through again.
func (k *link) mend() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.up = true
}
