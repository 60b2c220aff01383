package mqtt

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/inceptiond/inceptiond/internal/testing/freeport"
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
	for _, n := range r.nodes {
		n.prepare(t, lines)
		n.start(t)
	}
	for _, n := range r.nodes {
		awaitPort(t, n.addr)
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
}

// kill ends a node as a power cut does.
func (n *rabbitNode) kill() {
	if n.process != nil {
		syscall.Kill(-n.process.Process.Pid, syscall.SIGKILL)
		n.process.Wait()
		n.process = nil
	}
}

// control has rabbitmqctl do something.
func (r *rabbitMQ) control(t *testing.T, args ...string) {
	t.Helper()
	c := exec.Command("/usr/lib/rabbitmq/bin/rabbitmqctl", append([]string{"-n", r.nodes[0].name}, args...)...)
	c.Env = r.env()
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("rabbitmqctl %s: %v: %s", strings.Join(args, " "), err, out)
	}
}

// stop ends all nodes and, at last, their name server, which the first of them has started and which goes on without it.
func (r *rabbitMQ) stop(t *testing.T) {
	for _, n := range r.nodes {
		n.kill()
	}
	stop := exec.Command("epmd", "-kill")
	stop.Env = r.env()
	stop.Run()
	for _, n := range r.nodes {
		if out, _ := os.ReadFile(n.log.Name()); t.Failed() {
			t.Logf("%s says: %s", n.name, out)
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
