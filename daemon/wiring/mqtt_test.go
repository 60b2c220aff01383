package wiring

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/inceptiond/inceptiond/config"
	"github.com/inceptiond/inceptiond/publish/homeassistant"
	"github.com/inceptiond/inceptiond/publish/mqtt"
)

func TestSpoolDir(t *testing.T) {
	const broker = "mqtt://broker.local"
	for name, test := range map[string]struct {
		broker     config.URL
		path       string
		unit, home string // $STATE_DIRECTORY, $HOME
		state      string // $XDG_STATE_HOME
		want       string // ?: none, and that is told
	}{
		"as set":         {broker, "/srv/events", "/var/lib/inceptiond", "/home/me", "", "/srv/events"},
		"off":            {broker, "off", "/var/lib/inceptiond", "/home/me", "", ""},
		"service":        {broker, "", "/var/lib/inceptiond", "/home/me", "", "/var/lib/inceptiond/spool"},
		"user":           {broker, "", "", "/home/me", "", "/home/me/.local/state/inceptiond/gate/spool"},
		"user's state":   {broker, "", "", "/home/me", "/state", "/state/inceptiond/gate/spool"},
		"relative state": {broker, "", "", "/home/me", "state", "/home/me/.local/state/inceptiond/gate/spool"},
		"nobody":         {broker, "", "", "", "", "?"},
		"relative home":  {broker, "", "", "home", "state", "?"},
		"embedded":       {config.BrokerEmbedded, "", "/var/lib/inceptiond", "/home/me", "", ""},
		"embedded, set":  {config.BrokerEmbedded, "/srv/events", "", "/home/me", "", "/srv/events"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("STATE_DIRECTORY", test.unit)
			t.Setenv("HOME", test.home)
			t.Setenv("XDG_STATE_HOME", test.state)
			c := config.Default()
			c.Device, c.MQTT.Broker, c.MQTT.Spool.Path = "gate", config.BrokersAt(test.broker), test.path
			got, why := spoolDir(&c)
			if why != "" {
				got += "?"
			}
			if got != test.want {
				t.Errorf("%q (%s), want %q", got, why, test.want)
			}
		})
	}
}

// Home Assistant hears of the cameras only if the file says so, and of reports as often as everybody.
func TestPlanHomeAssistant(t *testing.T) {
	c := config.Default()
	c.Device, c.MQTT.Broker = "gate", config.BrokersAt("mqtt://broker.local")
	if p := planMQTT(&c); p.Options.HomeAssistant != nil || p.Report != time.Minute {
		t.Errorf("by default: %+v", p)
	}
	c.MQTT.Report, c.MQTT.HomeAssistant = time.Second, config.HomeAssistant{Enabled: true, Prefix: "ha", StatusTopic: "ha/up"}
	want := homeassistant.Options{Discovery: "ha", StatusTopic: "ha/up", Report: time.Second}
	if p := planMQTT(&c); p.Report != time.Second || !reflect.DeepEqual(*p.Options.HomeAssistant, want) {
		t.Errorf("%+v, want %+v", p.Options.HomeAssistant, want)
	}
}

// Each address of a list is one of the client's, with its own name in the certificate.
func TestPlanSeveralBrokers(t *testing.T) {
	c := config.Default()
	c.Device, c.MQTT.Broker = "gate", config.Brokers{{URL: "mqtts://10.0.0.1", ServerName: "a.example"}, {URL: "mqtts://b.example"}}
	want := []mqtt.Address{{URL: "mqtts://10.0.0.1", ServerName: "a.example"}, {URL: "mqtts://b.example"}}
	if p := planMQTT(&c); !reflect.DeepEqual(p.Options.Brokers, want) || p.Listen != "" || p.About != "mqtts://10.0.0.1, mqtts://b.example" {
		t.Errorf("%+v", p)
	}
}

// The command line may name several, in place of what the file has.
func TestFlagsOfSeveralBrokers(t *testing.T) {
	f := Flags{Brokers: []string{"mqtt://a.local", "mqtt://b.local"}}
	c, err := Load("", f)
	if err != nil || c.MQTT.Broker.String() != "mqtt://a.local, mqtt://b.local" {
		t.Errorf("%v, %v", c, err)
	}
	if got := f.Arguments(); !reflect.DeepEqual(got, []string{"--broker=mqtt://a.local", "--broker=mqtt://b.local"}) {
		t.Errorf("as a command line: %q", got)
	}
	for _, bad := range [][]string{{"mqtt://a.local", "embedded"}, {"mqtt://a.local", "mqtt://a.local:1883"}, {"off", "off"}} {
		if _, err := Load("", Flags{Brokers: bad}); !errors.Is(err, ErrFlags) || !strings.Contains(err.Error(), "--broker: ") {
			t.Errorf("%q: %v", bad, err)
		}
	}
}
