package cluster

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	nats "github.com/nats-io/nats-server/v2/server"
	client "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/inceptiond/inceptiond/internal/testing/freeport"
)

// nodeConfig names, in the environment of this program, the config with which it is to be a NATS server instead.
const nodeConfig = "INCEPTIOND_TEST_NATS_CONFIG"

// ServeNode is the whole program where the environment says that it is a node; otherwise it returns at once. A node ends by being
// killed.
func ServeNode() {
	file := os.Getenv(nodeConfig)
	if file == "" {
		return
	}
	o, err := nats.ProcessConfigFile(file)
	if err == nil {
		var s *nats.Server
		if s, err = nats.NewServer(o); err == nil {
			s.ConfigureLogger()
			s.Start()
			s.WaitForShutdown()
			os.Exit(0)
		}
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

// Node is a NATS server, a process of its own.
type Node struct {
	Name    string // n1
	MQTT    string // address of MQTT clients: mqtt://127.0.0.1:1883, or mqtts
	Clients string // of NATS's own: nats://127.0.0.1:4222
	monitor string // http://127.0.0.1:8222
	peers   string // 127.0.0.1:6222
	file    string // its config
	store   string // the folder of its streams
	log     string

	mu      sync.Mutex
	cmd     *exec.Cmd
	running bool
	cpu     time.Duration // of the processes that have ended
}

// Nodes is a cluster.
type Nodes []*Node

// Options say how nodes differ from what docs/brokers.md shows.
type Options struct {
	Certificates string // the folder of an authority, and of NAME.example.pem and .key of each; empty: without TLS
	Synced       bool   // they write to the disk before they acknowledge
}

// NewNodes are three nodes that are not started, with the config that docs/brokers.md shows, and what they reach each other through.
// They end with the test.
func NewNodes(t testing.TB, o Options) (Nodes, *Network) {
	t.Helper()
	shown, dir := shownConfig(t), t.TempDir()
	var nodes Nodes
	for i := range 3 {
		address := func() string { return "127.0.0.1:" + freeport.Find(t) }
		nodes = append(nodes, &Node{
			Name: fmt.Sprintf("n%d", i+1), MQTT: "mqtt://" + address(), Clients: "nats://" + address(), monitor: "http://" + address(), peers: address(),
		})
	}
	network := newNetwork(t, nodes)
	for _, n := range nodes {
		n.file, n.store, n.log = filepath.Join(dir, n.Name+".conf"), filepath.Join(dir, n.Name), filepath.Join(dir, n.Name+".log")
		if err := os.WriteFile(n.file, []byte(nodes.config(n, network, shown, o)), 0o600); err != nil {
			t.Fatal(err)
		}
		if o.Certificates != "" {
			n.MQTT = "mqtts://" + hostOf(n.MQTT)
		}
		t.Cleanup(n.Kill)
	}
	t.Cleanup(func() {
		if t.Failed() {
			for _, n := range nodes {
				t.Logf("the end of %s's log:\n%s", n.Name, n.tail())
			}
		}
	})
	return nodes, network
}

// config is that of n. Nodes tell each other where the others can be reached, and try that once, besides the
// routes of their configs: the way round the network leads to nobody.
func (nodes Nodes) config(n *Node, network *Network, shown string, o Options) string {
	replace := []string{
		"server_name: n1", "server_name: " + n.Name, "/var/lib/nats", n.store,
		"0.0.0.0:4222", hostOf(n.Clients), "0.0.0.0:6222", n.peers + "\n  advertise: " + nobody(n), "0.0.0.0:1883", hostOf(n.MQTT), "127.0.0.1:8222", hostOf(n.monitor),
	}
	for _, peer := range nodes {
		replace = append(replace, peer.Name+".example:6222", network.address(n, peer))
	}
	if o.Certificates != "" {
		file := filepath.Join(o.Certificates, n.Name+".example")
		replace = append(replace, "mqtt {", fmt.Sprintf("mqtt {\n  tls { cert_file: %q, key_file: %q, ca_file: %q, verify: true }",
			file+".pem", file+".key", filepath.Join(o.Certificates, "authority.pem")))
	}
	if o.Synced {
		replace = append(replace, "# sync_interval", "sync_interval")
	}
	return strings.NewReplacer(replace...).Replace(shown)
}

// hostOf is the host and port of an address with a scheme.
func hostOf(address string) string {
	_, host, _ := strings.Cut(address, "://")
	return host
}

// shownConfig is what docs/brokers.md shows as the config of a NATS server.
func shownConfig(t testing.TB) string {
	t.Helper()
	page, err := os.ReadFile("../../../docs/brokers.md")
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile("(?s)```conf nats\n(.*?)```").FindSubmatch(page)
	if found == nil {
		t.Fatal("docs/brokers.md shows no config of a NATS server")
	}
	return string(found[1])
}

// Start starts the node.
func (n *Node) Start() error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.running {
		return nil
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	log, err := os.OpenFile(n.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	n.cmd = exec.Command(self)
	n.cmd.Env = append(os.Environ(), nodeConfig+"="+n.file)
	n.cmd.Stdout, n.cmd.Stderr = log, log
	n.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := n.cmd.Start(); err != nil {
		return err
	}
	n.running = true
	return nil
}

// Kill kills the node as a power cut would: it says goodbye to nobody.
func (n *Node) Kill() {
	n.mu.Lock()
	defer n.mu.Unlock()
	if !n.running {
		return
	}
	_ = n.cmd.Process.Kill()
	_ = n.cmd.Wait()
	n.cpu += n.cmd.ProcessState.UserTime() + n.cmd.ProcessState.SystemTime()
	n.running = false
}

// Signal sends the node a signal, if it runs.
func (n *Node) Signal(s os.Signal) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.running {
		_ = n.cmd.Process.Signal(s)
	}
}

// Running tells whether it does.
func (n *Node) Running() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.running
}

// Used is the processor time of all processes of this node so far, and the memory of the one that runs, in bytes.
func (n *Node) Used() (cpu time.Duration, memory int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if !n.running {
		return n.cpu, 0
	}
	u := usageOf(n.cmd.Process.Pid)
	return n.cpu + u.cpu, u.memory
}

// Accepted is how many connections of clients the node has accepted since it was started, if it answers.
func (n *Node) Accepted(ctx context.Context) (total uint64, answered bool) {
	body, err := n.get(ctx, "/varz")
	if err != nil {
		return 0, false
	}
	var v struct {
		Total uint64 `json:"total_connections"`
	}
	err = json.Unmarshal(body, &v)
	return v.Total, err == nil
}

// Healthy tells whether the node takes part in the cluster: its clients may connect and its streams are up to date.
func (n *Node) Healthy(ctx context.Context) bool {
	_, err := n.get(ctx, "/healthz")
	return err == nil
}

func (n *Node) get(ctx context.Context, path string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, n.monitor+path, nil)
	if err != nil {
		return nil, err
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", answer.Status, body)
	}
	return body, err
}

// tail is the end of the node's log.
func (n *Node) tail() string {
	text, _ := os.ReadFile(n.log)
	lines := bytes.Split(text, []byte("\n"))
	return string(bytes.Join(lines[max(0, len(lines)-40):], []byte("\n")))
}

// Form starts the nodes, and returns when they are a cluster that does what it is asked. Now and then a start (of NATS 2.15.3) brings
// up nodes which are healthy and have a leader, and in which requests come to nothing for as long as one waits: that is not what is
// tested here, so it is said, and they start anew with nothing kept.
func (nodes Nodes) Form(ctx context.Context, say func(format string, values ...any)) error {
	for try := 1; ; try++ {
		for _, n := range nodes {
			if err := n.Start(); err != nil {
				return err
			}
		}
		err := nodes.answer(ctx, time.Minute)
		if err == nil || try == 3 || ctx.Err() != nil {
			return err
		}
		say("they are no cluster, and start anew: %v", err)
		for _, n := range nodes {
			n.Kill()
			if err := os.RemoveAll(n.store); err != nil {
				return err
			}
		}
	}
}

// answer waits until the nodes make a stream of which each has a replica, and delete it.
func (nodes Nodes) answer(ctx context.Context, patience time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if err := nodes.AwaitHealthy(ctx); err != nil {
		return err
	}
	conn, err := nodes.connect()
	if err != nil {
		return err
	}
	defer conn.Close()
	js, err := jetstream.New(conn)
	if err != nil {
		return err
	}
	const probe = "probe"
	err = again(ctx, func(ctx context.Context) error {
		_, err := js.CreateStream(ctx, jetstream.StreamConfig{Name: probe, Replicas: len(nodes)})
		return err
	})
	if err != nil {
		return fmt.Errorf("make a stream: %w", err)
	}
	return again(ctx, func(ctx context.Context) error {
		if err := js.DeleteStream(ctx, probe); !errors.Is(err, jetstream.ErrStreamNotFound) { // else an attempt that was not answered has done it
			return err
		}
		return nil
	})
}

// connect is a client of NATS that goes where a node is.
func (nodes Nodes) connect() (*client.Conn, error) {
	var addresses []string
	for _, n := range nodes {
		addresses = append(addresses, n.Clients)
	}
	return client.Connect(strings.Join(addresses, ","), client.MaxReconnects(-1), client.ReconnectWait(200*time.Millisecond), client.RetryOnFailedConnect(true))
}

// again tries something until it works, each time for some seconds: a cluster that has just come up has no leader for a while.
func again(ctx context.Context, try func(context.Context) error) error {
	for {
		short, cancel := context.WithTimeout(ctx, 5*time.Second)
		err := try(short)
		cancel()
		if err == nil {
			return nil
		}
		if wait := sleep(ctx, 500*time.Millisecond); wait != nil {
			return errors.Join(err, wait)
		}
	}
}

// AwaitHealthy waits until all nodes are.
func (nodes Nodes) AwaitHealthy(ctx context.Context) error {
	for _, n := range nodes {
		for !n.Healthy(ctx) {
			if err := sleep(ctx, 100*time.Millisecond); err != nil {
				return fmt.Errorf("%s is not healthy: %w", n.Name, err)
			}
		}
	}
	return nil
}

// sleep ends with ctx.
func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
