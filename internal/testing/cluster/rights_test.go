package cluster

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	nats "github.com/nats-io/nats-server/v2/server"
	client "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/internal/testing/freeport"
	"github.com/inceptiond/inceptiond/publish"
	"github.com/inceptiond/inceptiond/publish/mqtt"
)

// TestClusterRights: with the rights of docs/examples/brokers whoever takes events from NATS's stream gets them, and may nothing else; and
// a device's password opens MQTT alone. What devices may do to each other there is TestFleet's, of publish/mqtt.
func TestClusterRights(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	broker, clients := startExample(t, "device gate in\nconsumer store out\nadmin root all\n")
	admin := jetStream(t, clients, "root", "all")
	if _, err := admin.CreateStream(ctx, jetstream.StreamConfig{Name: messagesStream, Subjects: []string{messagesSubject + ">"}, MaxAge: time.Hour}); err != nil {
		t.Fatal(err)
	}
	if _, err := admin.CreateConsumer(ctx, messagesStream, jetstream.ConsumerConfig{
		Durable: "events", AckPolicy: jetstream.AckExplicitPolicy, FilterSubjects: []string{messagesSubject + "inceptiond.*.*.event"},
	}); err != nil {
		t.Fatal(err)
	}
	d, err := mqtt.Open(mqtt.Options{
		Brokers: []mqtt.Address{{URL: broker}}, Device: "gate", Username: "gate", Password: func() (string, error) { return "in", nil },
	}, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if err := d.Publish(ctx, publish.Event{Device: "gate", Camera: "cam", Kind: publish.EventCamera, Value: "lost", Time: time.Now()}); err != nil {
		t.Fatal(err)
	}
	store := jetStream(t, clients, "store", "out")
	events, err := store.Consumer(ctx, messagesStream, "events")
	if err != nil {
		t.Fatal(err)
	}
	m, err := events.Next(jetstream.FetchMaxWait(30 * time.Second))
	if err != nil || !bytes.Contains(m.Data(), []byte("lost")) {
		t.Fatalf("%v, %v", m, err)
	}
	if err := m.DoubleAck(ctx); err != nil {
		t.Error(err)
	}
	short, cancelShort := context.WithTimeout(ctx, time.Second)
	defer cancelShort()
	if err := store.DeleteStream(short, messagesStream); err == nil {
		t.Error("a consumer may delete the stream")
	}
	if err := store.Conn().Publish("inceptiond.gate.cam.event", nil); err != nil || store.Conn().FlushWithContext(ctx) != nil ||
		!strings.Contains(store.Conn().LastError().Error(), "inceptiond.gate.cam.event") {
		t.Errorf("a consumer speaks in a device's name: %v", store.Conn().LastError())
	}
	if conn, err := client.Connect(clients, client.UserInfo("gate", "in")); err == nil {
		conn.Close()
		t.Error("a device may speak NATS")
	}
}

func jetStream(t *testing.T, address, user, password string) jetstream.JetStream {
	t.Helper()
	conn, err := client.Connect(address, client.UserInfo(user, password), client.ErrorHandler(func(*client.Conn, *client.Subscription, error) {}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	js, err := jetstream.New(conn)
	if err != nil {
		t.Fatal(err)
	}
	return js
}

// startExample starts one server with the config of the examples and these users, and returns its addresses for MQTT and for NATS.
func startExample(t *testing.T, users string) (broker, clients string) {
	t.Helper()
	const examples = "../../../docs/examples/brokers/"
	dir, mqttPort, port := t.TempDir(), freeport.Find(t), freeport.Find(t)
	write := func(name string, text []byte) (file string) {
		file = filepath.Join(dir, name)
		if err := os.WriteFile(file, text, 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	script := exec.Command(examples + "nats-users.sh")
	script.Stdin = strings.NewReader(users)
	rights, err := script.Output()
	if err != nil {
		t.Fatal(err)
	}
	write("nats-users.conf", rights)
	text, err := os.ReadFile(examples + "nats.conf")
	if err != nil {
		t.Fatal(err)
	}
	alone := regexp.MustCompile(`(?ms)^cluster \{.*?^\}`).ReplaceAllString(string(text), "listen: 127.0.0.1:"+port)
	o, err := nats.ProcessConfigFile(write("nats.conf", []byte(strings.NewReplacer("/var/lib/nats", filepath.Join(dir, "store"),
		"port: 1883", "listen: 127.0.0.1:"+mqttPort, "stream_replicas: 3", "stream_replicas: 1").Replace(alone))))
	if err != nil {
		t.Fatal(err)
	}
	o.NoSigs, o.NoLog = true, true
	s, err := nats.NewServer(o)
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(func() {
		s.Shutdown()
		s.WaitForShutdown()
	})
	if !s.ReadyForConnections(time.Minute) {
		t.Fatal("NATS does not listen")
	}
	return "mqtt://127.0.0.1:" + mqttPort, "nats://127.0.0.1:" + port
}
