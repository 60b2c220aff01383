package mqtt

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"

	"github.com/inceptiond/inceptiond/internal/backoff"
	"github.com/inceptiond/inceptiond/internal/testing/freeport"
	"github.com/inceptiond/inceptiond/publish"
)

// rabbitMQ is a cluster of nodes on this machine, with nothing of the machine's own.
type rabbitMQ struct {
	dir   string
	epmd  string // port of the name server that the nodes share
	nodes []*rabbitNode
}

// rabbitNode is a node of it.
type rabbitNode struct {
	cluster *rabbitMQ
	name    string
	addr    string // MQTT
	env     []string
	log     *os.File
	process *exec.Cmd // nil: it does not run
	ended   chan struct{}
}

// rabbitServer is the program itself: the one in the PATH wants to be another user.
const rabbitServer = "/usr/lib/rabbitmq/bin/rabbitmq-server"

// startRabbitMQ starts that many nodes with these extra lines of configuration, and waits until all listen.
func startRabbitMQ(t *testing.T, count int, lines ...string) *rabbitMQ {
	t.Helper()
	if _, err := os.Stat(rabbitServer); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("RabbitMQ is not installed; CI must have it (apt install rabbitmq-server)")
		}
		t.Skip("RabbitMQ is not installed (apt install rabbitmq-server)")
	}
	r := &rabbitMQ{dir: t.TempDir(), epmd: freeport.Find(t)}
	r.write(t, ".erlang.cookie", "between the nodes of a test", 0o400)
	for range count {
		port := freeport.Find(t)
		r.nodes = append(r.nodes, &rabbitNode{cluster: r, name: "t" + port + "@localhost", addr: "127.0.0.1:" + port})
		lines = append(lines, fmt.Sprintf("cluster_formation.classic_config.nodes.%d = t%s@localhost", len(r.nodes), port))
	}
	t.Cleanup(func() { r.stop(t) })
	r.run(t, nil, "epmd", "-daemon") // each node would start one, and stand in the other's way
	for _, n := range r.nodes {
		n.prepare(t, lines)
		n.start(t)
	}
	for _, n := range r.nodes {
		n.await(t)
	}
	return r
}

func (r *rabbitMQ) write(t *testing.T, name, text string, mode os.FileMode) (file string) {
	t.Helper()
	file = filepath.Join(r.dir, name)
	if err := os.WriteFile(file, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
	return file
}

// prepare writes the files of a node.
func (n *rabbitNode) prepare(t *testing.T, lines []string) {
	t.Helper()
	r := n.cluster
	config := r.write(t, n.name+".conf", strings.Join(append([]string{
		"listeners.tcp = none", "mqtt.listeners.tcp.1 = " + n.addr, "cluster_formation.peer_discovery_backend = classic_config"}, lines...), "\n")+"\n", 0o600)
	n.env = append(r.env(), "RABBITMQ_NODENAME="+n.name,
		"RABBITMQ_MNESIA_BASE="+filepath.Join(r.dir, n.name), "RABBITMQ_LOG_BASE="+filepath.Join(r.dir, n.name+".log"),
		"RABBITMQ_CONFIG_FILE="+config, "RABBITMQ_ENABLED_PLUGINS_FILE="+r.write(t, n.name+".plugins", "[rabbitmq_mqtt].", 0o600),
		"RABBITMQ_DIST_PORT="+freeport.Find(t),
		// It does not spin while it waits: others want the processors. Only this machine may talk to it.
		"RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS=+sbwt none +sbwtdcpu none +sbwtdio none -kernel inet_dist_use_interface {127,0,0,1}")
	log, err := os.Create(filepath.Join(r.dir, n.name+".out"))
	if err != nil {
		t.Fatal(err)
	}
	n.log = log
}

// env is for all programs of RabbitMQ.
func (r *rabbitMQ) env() []string {
	return []string{
		"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=" + r.dir, "LANG=C.UTF-8", "RABBITMQ_CONF_ENV_FILE=/dev/null",
		"ERL_EPMD_PORT=" + r.epmd, "ERL_EPMD_ADDRESS=127.0.0.1",
		"ERL_EPMD_RELAXED_COMMAND_CHECK=1", // it may be ended before it has noticed that a node is gone
	}
}

func (n *rabbitNode) start(t *testing.T) {
	t.Helper()
	n.process = exec.Command(rabbitServer)
	n.process.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // a shell, and what it starts
	n.process.Env, n.process.Stdout, n.process.Stderr = n.env, n.log, n.log
	if err := n.process.Start(); err != nil {
		t.Fatal(err)
	}
	n.ended = make(chan struct{})
	go func(process *exec.Cmd, ended chan struct{}) {
		process.Wait()
		close(ended)
	}(n.process, n.ended)
}

// await waits until clients can connect to a node. One that gives up meanwhile is started again, as its unit does: it does so where it
// waits too long for what another node has.
func (n *rabbitNode) await(t *testing.T) {
	t.Helper()
	for start := time.Now(); !listens(n.addr); {
		select {
		case <-n.ended:
			t.Logf("%s ended %.0f s after its start, and is started again", n.name, time.Since(start).Seconds())
			n.start(t)
		case <-time.After(50 * time.Millisecond):
		}
		if time.Since(start) > 5*time.Minute {
			t.Fatalf("%s does not listen %.0f s after its start", n.name, time.Since(start).Seconds())
		}
	}
}

// kill ends a node as a power cut does.
func (n *rabbitNode) kill() {
	if n.process != nil {
		syscall.Kill(-n.process.Process.Pid, syscall.SIGKILL)
		<-n.ended
		for end := time.Now().Add(time.Minute); listens(n.addr) && time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
			// what the shell had started is about to end
		}
		n.process = nil
	}
}

// control has rabbitmqctl do something with what it reads.
func (r *rabbitMQ) control(t *testing.T, input []byte, args ...string) {
	t.Helper()
	r.run(t, input, "/usr/lib/rabbitmq/bin/rabbitmqctl", append([]string{"-n", r.nodes[0].name}, args...)...)
}

// run runs a program of RabbitMQ's to its end.
func (r *rabbitMQ) run(t *testing.T, input []byte, program string, args ...string) {
	t.Helper()
	c := exec.Command(program, args...)
	c.Env, c.Stdin = r.env(), bytes.NewReader(input)
	if out, err := c.CombinedOutput(); err != nil {
		t.Errorf("%s %s: %v: %s", program, strings.Join(args, " "), err, out)
	}
}

// stop ends all nodes and their name server.
func (r *rabbitMQ) stop(t *testing.T) {
	for _, n := range r.nodes {
		n.kill()
	}
	r.run(t, nil, "epmd", "-kill")
	for _, n := range r.nodes {
		if t.Failed() {
			out, _ := os.ReadFile(n.log.Name())
			lines := strings.Split(n.said(), "\n")
			t.Logf("%s says: %s\n%s", n.name, out, strings.Join(lines[max(0, len(lines)-50):], "\n"))
		}
		n.log.Close()
	}
}

// realRabbitMQ runs one node.
func realRabbitMQ(t *testing.T) realBroker {
	ca := newAuthority(t)
	cert, key := ca.issue(t, "broker", "127.0.0.1")
	encrypted := "127.0.0.1:" + freeport.Find(t)
	r := startRabbitMQ(t, 1, "mqtt.allow_anonymous = true", "mqtt.listeners.ssl.1 = "+encrypted, "ssl_options.verify = verify_none",
		"ssl_options.cacertfile = "+ca.file, "ssl_options.certfile = "+cert, "ssl_options.keyfile = "+key)
	awaitPort(t, encrypted)
	return realBroker{r.nodes[0].addr, encrypted, ca.file, false}
}

// Two nodes are enough to lose one; three go on without it. A node takes ten seconds to start, and a minute on a busy machine.
var (
	rabbitNodes = flag.Int("rabbitmq", 2, "nodes of the RabbitMQ cluster")
	rabbitKills = flag.Int("rabbitmq-kills", 1, "how often one of them is killed and started")
)

// TestRabbitMQCluster holds the client to what it promises where its broker is several nodes, with the settings that
// docs/brokers.md names.
func TestRabbitMQCluster(t *testing.T) {
	if testing.Short() {
		t.Skip("nodes take their time to start")
	}
	t.Parallel() // it mostly waits
	lines := append(rabbitExample(t), "mqtt.allow_anonymous = true")
	if *rabbitNodes < 3 {
		lines = append(lines, "cluster_partition_handling = ignore")
	}
	r := startRabbitMQ(t, *rabbitNodes, lines...)
	t.Run("moves", func(t *testing.T) { clientMoves(t, r) })
	t.Run("id", func(t *testing.T) { idIsTakenElsewhere(t, r) })
	t.Run("killed", func(t *testing.T) { nodesAreKilled(t, r) })
}

// addresses are those of all nodes.
func (r *rabbitMQ) addresses() (list []Address) {
	for _, n := range r.nodes {
		list = append(list, Address{URL: "mqtt://" + n.addr})
	}
	return list
}

// A node keeps what is retained for itself. So who moves publishes it all again, and is online, whatever the other node says.
func clientMoves(t *testing.T, r *rabbitMQ) {
	o := prefixed(t, "")
	networks := map[string]*tape{} // by their addresses
	there := map[string]*rabbitNode{}
	o.Brokers = nil
	for _, n := range r.nodes {
		network := startTape(t, n.addr)
		networks[network.Addr().String()], there[network.Addr().String()] = network, n
		o.Brokers = append(o.Brokers, Address{URL: network.url()})
	}
	c, _ := openClient(t, o, testPace)
	send(t, c, state(result("cam", "dog")))
	send(t, c, status(publish.CameraOnline, ""))
	eventually(t, "all acknowledged", func() bool { return c.Stats().Published >= 3 })
	first := c.node().url.Host
	var watchers []*watcher
	for _, n := range r.nodes {
		watchers = append(watchers, watch(t, "tcp://"+n.addr, nil, "", ""))
	}
	networks[first].set(true, 0) // packets vanish, and nobody is told
	send(t, c, state(result("cam", "cat")))
	eventually(t, "another node", func() bool { return c.node().url.Host != first && c.Stats().Connected })
	now := realBroker{plain: there[c.node().url.Host].addr}
	has := func(part string) func(string) bool { return func(s string) bool { return strings.Contains(s, part) } }
	retainedOn(t, now, o.Prefix+"/cam/state", has("cat"))
	retainedOn(t, now, o.Prefix+"/cam/status", has("online"))
	retainedOn(t, now, o.Prefix+"/status", has(online))
	eventually(t, "the old connection is ended", func() bool { return strings.Contains(there[first].said(), "duplicate id '"+o.ClientID+"'") })
	change(t, c, "cam", "behind")
	for _, w := range watchers { // everybody hears us, wherever they are; and the old connection has said nothing at its end
		w.expect(t, o.Prefix+"/cam/event", "behind")
		if said := w.on(o.Prefix + "/status"); !slices.Contains(said, online) || slices.Contains(said, offline) {
			t.Errorf("after the move: %q", said)
		}
	}
	networks[c.node().url.Host].Close()
	networks[first].Close()
	networks[c.node().url.Host].cut()
	for _, w := range watchers {
		eventually(t, "offline", func() bool { return slices.Contains(w.on(o.Prefix+"/status"), offline) })
	}
}

// said is the node's log.
func (n *rabbitNode) said() string {
	log, _ := os.ReadFile(filepath.Join(n.cluster.dir, n.name+".log", n.name+".log"))
	return string(log)
}

// Another client takes our id at another node: that is noticed as at the same one.
func idIsTakenElsewhere(t *testing.T, r *rabbitMQ) {
	o := prefixed(t, "mqtt://"+r.nodes[0].addr)
	w := watch(t, "tcp://"+r.nodes[1].addr, nil, "", "")
	stop := rival(t, r.nodes[1].addr, o.ClientID)
	c, logs := openClient(t, o, testPace)
	eventually(t, "a warning", func() bool {
		proven, believed := takenLogs(logs)
		return proven+believed == 1
	})
	change(t, c, "cam", "through")
	stop()
	eventually(t, "the event", func() bool { return len(w.on(o.Prefix+"/cam/event")) > 0 })
}

// Nodes are killed and started, at random moments: whoever has subscribed for good gets every event,
// in order, and clients are online at the end.
func nodesAreKilled(t *testing.T, r *rabbitMQ) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	chance := rand.New(rand.NewPCG(seed, 0))
	var clients []*Client
	var stops []func() []string
	heard := consume(t, r.addresses(), "test/killed", "", "")
	for i := range 3 {
		o := prefixed(t, "")
		o.Brokers, o.Prefix, o.ClientID = r.addresses(), fmt.Sprint("test/killed/", i), fmt.Sprint("killed-", i)
		c, _ := openClient(t, o, testPace)
		clients, stops = append(clients, c), append(stops, load(t, c, 50*time.Millisecond))
	}
	for range *rabbitKills {
		n := r.nodes[chance.IntN(len(r.nodes))]
		time.Sleep(time.Duration(chance.IntN(2000)) * time.Millisecond)
		n.kill()
		time.Sleep(time.Duration(chance.IntN(3000)) * time.Millisecond)
		started := time.Now()
		n.start(t)
		n.await(t)
		t.Logf("%s listens again after %.0f s", n.name, time.Since(started).Seconds())
	}
	events, duplicates := 0, 0
	for i, c := range clients {
		want := stops[i]()
		eventually(t, "all acknowledged", drained(c))
		n := heard.await(t, c.options.Prefix, want)
		events, duplicates = events+len(want), duplicates+n
	}
	t.Logf("%d events, 0 lost, %d delivered more than once", events, duplicates)
}

// consumer is a subscriber with a session, which hears all events, on whatever node it is.
type consumer struct {
	filter     string
	user       string
	password   string
	subscribed chan struct{} // has something once it is there

	mu     sync.Mutex
	events map[string][]event // by the prefixes of their topics, in the order in which they came
}

// consume subscribes to all below a prefix, and is there before it returns.
func consume(t *testing.T, addresses []Address, prefix, user, password string) *consumer {
	t.Helper()
	l := &consumer{filter: prefix + "/#", user: user, password: password, subscribed: make(chan struct{}, 1), events: map[string][]event{}}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		for i := 0; ctx.Err() == nil; i++ {
			l.listen(ctx, addresses[i%len(addresses)])
			backoff.Sleep(ctx, 200*time.Millisecond)
		}
	})
	t.Cleanup(func() {
		cancel()
		running.Wait()
	})
	select {
	case <-l.subscribed:
	case <-time.After(time.Minute):
		t.Fatal("the consumer cannot subscribe")
	}
	return l
}

// listen is one connection of the consumer's, until it is lost or ctx ends.
func (l *consumer) listen(ctx context.Context, a Address) {
	lost := make(chan error, 1)
	o := paho.NewClientOptions().AddBroker(strings.Replace(a.URL, "mqtt:", "tcp:", 1)).SetClientID("consumer").SetCleanSession(false).SetUsername(l.user).SetPassword(l.password).
		SetAutoReconnect(false).SetStore(noStore{}).SetKeepAlive(5 * time.Second).SetConnectTimeout(10 * time.Second).
		SetDefaultPublishHandler(l.hear).SetConnectionLostHandler(func(_ paho.Client, err error) { lost <- err })
	c := paho.NewClient(o)
	defer c.Disconnect(100)
	if token := c.Connect(); !token.WaitTimeout(15*time.Second) || token.Error() != nil {
		return
	}
	if token := c.Subscribe(l.filter, 1, nil); !token.WaitTimeout(10*time.Second) || token.Error() != nil {
		return
	}
	select {
	case l.subscribed <- struct{}{}:
	default:
	}
	select {
	case <-lost:
	case <-ctx.Done():
	}
}

func (l *consumer) hear(_ paho.Client, m paho.Message) {
	prefix, isEvent := strings.CutSuffix(m.Topic(), "/event")
	e, err := parseEvent(m.Payload())
	if !isEvent || err != nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	prefix = strings.TrimSuffix(prefix, "/"+e.Camera)
	l.events[prefix] = append(l.events[prefix], e)
}

// await waits until all events of want have come below a prefix, in order, and returns how many came more than once.
func (l *consumer) await(t *testing.T, prefix string, want []string) (duplicates int) {
	t.Helper()
	var err error
	defer func() {
		if err != nil {
			t.Logf("%s: %v", prefix, err)
		}
	}()
	eventually(t, "all events of "+prefix, func() bool {
		l.mu.Lock()
		defer l.mu.Unlock()
		duplicates, err = checkEvents(l.events[prefix], want)
		return err == nil
	})
	return duplicates
}

// rabbitExample are the lines of docs/examples/brokers/rabbitmq.conf that are not about a machine.
func rabbitExample(t *testing.T) (lines []string) {
	t.Helper()
	text, err := os.ReadFile("../../docs/examples/brokers/rabbitmq.conf")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if line != "" && !strings.HasPrefix(line, "#") && !strings.Contains(line, "listeners") && !strings.Contains(line, "cluster_formation") {
			lines = append(lines, line)
		}
	}
	return lines
}
