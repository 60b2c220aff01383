package mqtt

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
)

// brokerFault is something that happens to a broker or to the way there, and its end.
type brokerFault struct {
	setup func(t *testing.T) (*mosquitto, *tape, Options)
	begin func(t *testing.T, m *mosquitto, network *tape)
	end   func(t *testing.T, m *mosquitto, network *tape)
}

func ordinaryBroker(t *testing.T) (*mosquitto, *tape, Options) {
	m := startMosquitto(t, "allow_anonymous true")
	network := startTape(t, m.addr)
	return m, network, spoolOptions(network.url(), t.TempDir())
}

func passwordBroker(t *testing.T) (*mosquitto, *tape, Options) {
	m := startMosquitto(t, "password_file "+passwords(t, "gate", "right"))
	network := startTape(t, m.addr)
	o := spoolOptions(network.url(), t.TempDir())
	o.Username, o.Password = "gate", func() (string, error) { return "right", nil }
	return m, network, o
}

// otherPasswords makes the broker know the user gate by password only.
func otherPasswords(t *testing.T, m *mosquitto, password string) {
	t.Helper()
	text, err := os.ReadFile(m.config)
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "password_file ")
	file, _, _ := strings.Cut(rest, "\n")
	if err := os.Rename(passwords(t, "gate", password), file); err != nil {
		t.Fatal(err)
	}
	m.kill()
	m.start(t)
}

var brokerFaults = map[string]brokerFault{
	"killed": {
		ordinaryBroker,
		func(_ *testing.T, m *mosquitto, _ *tape) { m.kill() },
		func(t *testing.T, m *mosquitto, _ *tape) { m.start(t) },
	},
	"half-open": { // nothing is closed, and no packet arrives
		ordinaryBroker,
		func(_ *testing.T, _ *mosquitto, network *tape) { network.set(true, 0) },
		func(_ *testing.T, _ *mosquitto, network *tape) { network.set(false, 0) },
	},
	"refuses the login": {
		passwordBroker,
		func(t *testing.T, m *mosquitto, _ *tape) { otherPasswords(t, m, "another") },
		func(t *testing.T, m *mosquitto, _ *tape) { otherPasswords(t, m, "right") },
	},
}

// TestBrokerFaults measures how long after the end of a fault the events of that time have arrived. A long run has the
// pace of the daemon, and holds that to ten seconds.
func TestBrokerFaults(t *testing.T) {
	p, many := testPace, rounds(2, 4)
	p.ack, p.connect = 300*time.Millisecond, 300*time.Millisecond
	minFault, spread := 200*time.Millisecond, 300*time.Millisecond
	if many > 2 {
		p, minFault, spread = defaultPace, 3*time.Second, 10*time.Second
	}
	for name, fault := range brokerFaults {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // they mostly wait
			m, network, o := fault.setup(t)
			c, _ := openClient(t, o, p)
			var want []string
			var took []time.Duration
			for round := range many {
				fault.begin(t, m, network)
				for i := range 20 {
					value := fmt.Sprintf("%d-%d", round, i)
					change(t, c, "cam", value)
					want = append(want, "cam "+value)
				}
				time.Sleep(minFault + rand.N(spread))
				fault.end(t, m, network)
				end := time.Now()
				for c.Stats().Spool.Waiting > 0 && time.Since(end) < time.Minute {
					time.Sleep(5 * time.Millisecond)
				}
				took = append(took, time.Since(end))
				time.Sleep(minFault / 2) // else it is all one outage
			}
			slices.Sort(took)
			if worst := took[many-1]; worst > 10*time.Second {
				t.Errorf("recovered after %v, want 10s at most", worst)
			}
			if n := network.acknowledged(); n != len(want) {
				t.Errorf("%d events acknowledged, want %d", n, len(want))
			}
			duplicates, err := checkEvents(network.sends(), want)
			if err != nil {
				t.Error(err)
			}
			t.Logf("%d times: recovered after %.1f s (median), %.1f s (worst); %d events, 0 lost, %d sent more than once",
				many, took[many/2].Seconds(), took[many-1].Seconds(), len(want), duplicates)
		})
	}
}

// A slow network delays events, and nobody waits for it.
func TestSlowBroker(t *testing.T) {
	_, network, o := ordinaryBroker(t)
	network.set(false, 50*time.Millisecond)
	c, _ := openClient(t, o, testPace)
	var want []string
	start := time.Now()
	for i := range 50 {
		change(t, c, "cam", fmt.Sprint(i))
		want = append(want, fmt.Sprint("cam ", i))
	}
	if took := time.Since(start); took > 2*time.Second { // the network would take more than that
		t.Errorf("50 events took %v", took)
	}
	eventually(t, "all acknowledged", drained(c))
	if duplicates, err := checkEvents(network.sends(), want); err != nil || duplicates > 0 {
		t.Errorf("%d duplicates, %v", duplicates, err)
	}
	if s := c.Stats(); s.Reconnects > 0 {
		t.Errorf("stats: %+v", s)
	}
}

// A broker that cannot store its own queue acknowledges all the same, and the client neither knows nor minds.
func TestBrokerWithoutDisk(t *testing.T) {
	needMosquitto(t)
	dir := t.TempDir()
	m := startMosquitto(t, "allow_anonymous true")
	m.kill()
	text, err := os.ReadFile(m.config)
	if err != nil {
		t.Fatal(err)
	}
	stored := strings.Replace(string(text), "persistence false", "persistence true\npersistence_location "+dir+
		"/\nautosave_on_changes true\nautosave_interval 1", 1)
	if err := os.WriteFile(m.config, []byte(stored), 0o600); err != nil {
		t.Fatal(err)
	}
	m.process = exec.Command("sh", "-c", "trap '' XFSZ; ulimit -f 1; exec mosquitto -c "+m.config) // files of a kilobyte at most
	if err := m.process.Start(); err != nil {
		t.Fatal(err)
	}
	m.await(t)
	keeper := paho.NewClient(paho.NewClientOptions().AddBroker("tcp://" + m.addr).SetClientID("keeper").SetCleanSession(false))
	await(t, keeper.Connect())
	await(t, keeper.Subscribe("#", 1, nil))
	keeper.Disconnect(100) // what it misses the broker has to store
	network := startTape(t, m.addr)
	c, _ := openClient(t, spoolOptions(network.url(), t.TempDir()), testPace)
	var want []string
	for i := range 100 {
		change(t, c, "cam", fmt.Sprint(i))
		want = append(want, fmt.Sprint("cam ", i))
	}
	eventually(t, "all acknowledged", drained(c))
	if _, err := checkEvents(network.sends(), want); err != nil {
		t.Error(err)
	}
	eventually(t, "the broker to find no room", func() bool { // a file that it could not finish
		info, err := os.Stat(filepath.Join(dir, "mosquitto.db.new"))
		return err == nil && info.Size() <= 1024
	})
}
