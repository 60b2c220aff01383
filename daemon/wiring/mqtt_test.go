package wiring

import (
	"reflect"
	"testing"
	"time"

	"github.com/inceptiond/inceptiond/config"
	"github.com/inceptiond/inceptiond/publish/homeassistant"
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
			c.Device, c.MQTT.Broker, c.MQTT.Spool.Path = "gate", test.broker, test.path
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
	c.Device, c.MQTT.Broker = "gate", "mqtt://broker.local"
	if p := planMQTT(&c); p.Options.HomeAssistant != nil || p.Report != time.Minute {
		t.Errorf("by default: %+v", p)
	}
	c.MQTT.Report, c.MQTT.HomeAssistant = time.Second, config.HomeAssistant{Enabled: true, Prefix: "ha", StatusTopic: "ha/up"}
	want := homeassistant.Options{Discovery: "ha", StatusTopic: "ha/up", Report: time.Second}
	if p := planMQTT(&c); p.Report != time.Second || !reflect.DeepEqual(*p.Options.HomeAssistant, want) {
		t.Errorf("%+v, want %+v", p.Options.HomeAssistant, want)
	}
}
