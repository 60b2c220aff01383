package doctor

import (
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/daemon/plan"
	"github.com/inceptiond/inceptiond/internal/testing/freeport"
	"github.com/inceptiond/inceptiond/publish/broker"
	"github.com/inceptiond/inceptiond/publish/mqtt"
)

// Each address of a broker is tried: one that is away is a warning as long as another is well, and a fault else; and addresses of
// two brokers are told.
func TestSeveralBrokers(t *testing.T) {
	start := func() mqtt.Address {
		b, err := broker.Start(broker.Options{Listen: "127.0.0.1:0"}, zap.NewNop())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { b.Close() })
		return mqtt.Address{URL: "mqtt://" + b.Addr()}
	}
	a, b, away := start(), start(), mqtt.Address{URL: "mqtt://127.0.0.1:" + freeport.Find(t)}
	for name, test := range map[string]struct {
		list  []mqtt.Address
		worst State
		want  []string // state, check and what is found of some findings
		never string
	}{
		"one is away": {[]mqtt.Address{a, away}, Warning, []string{"ok publish: " + a.URL + ": the message came back", "warning connect: " + away.URL + ": nothing listens there"}, "comes to all"},
		"all are away": {[]mqtt.Address{away, {URL: away.URL + "/"}}, Fault, []string{"fault connect: " + away.URL + ": nothing listens there",
			"fault connect: " + away.URL + "/: nothing listens there"}, "comes to all"},
		"two brokers": {[]mqtt.Address{a, b}, Warning, []string{"ok publish: " + a.URL, "ok publish: " + b.URL, "warning cluster: what is published at "}, "comes to all"},
		"one broker":  {[]mqtt.Address{a, {URL: strings.Replace(a.URL, "127.0.0.1", "localhost", 1)}}, OK, []string{"ok cluster: what is published at one address comes to all"}, "does not come"},
	} {
		t.Run(name, func(t *testing.T) {
			e := &examination{plan: &plan.Plan{Device: "gate", MQTT: &plan.MQTT{Options: mqtt.Options{Device: "gate", ClientID: "gate", Brokers: test.list, KeepAlive: 30 * time.Second}}}}
			var told strings.Builder
			worst := Run(t.Context(), e.brokerChecks(), func(f Finding) {
				told.WriteString(string(f.State) + " " + f.Check + ": " + f.Found + "\n")
				if f.Area != "broker" || (f.State != OK) != (f.Fix != "") {
					t.Errorf("%+v", f)
				}
			})
			if worst != test.worst {
				t.Errorf("%v, want %v", worst, test.worst)
			}
			for _, want := range test.want {
				if !strings.Contains(told.String(), want) {
					t.Errorf("no %q", want)
				}
			}
			if strings.Contains(told.String(), test.never) || t.Failed() {
				t.Errorf("told was\n%s", told.String())
			}
		})
	}
}
