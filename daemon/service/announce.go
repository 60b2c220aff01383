package service

import (
	"cmp"
	"fmt"
	"maps"
	"net/url"
	"slices"

	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/publish/mqtt"
)

// announce says what runs and how to listen: as text for people, else in the log.
func (s *Service) announce(p *parts) {
	facts := [][2]string{{"inceptiond", s.options.Version + ", device " + p.plan.Device}}
	for _, name := range slices.Sorted(maps.Keys(p.cameras)) {
		c := p.plan.Cameras[name]
		fact := fmt.Sprintf("%s: %s, model %s", name, c, c.Model)
		if c.Then != nil {
			fact += ", then " + c.Then.Model
		}
		facts = append(facts, [2]string{"camera", fact})
	}
	for _, m := range sorted(p.models) {
		facts = append(facts, [2]string{"model", m.String()})
	}
	facts = append(facts, announceMQTT(p)...)
	facts = append(facts, announcePins(p.gpio)...)
	facts = append(facts, announceMetrics(p)...)
	facts = append(facts, s.announcePage()...)
	if s.output() != OutputText {
		for _, f := range facts {
			s.log.Info(f[0], zap.String("is", f[1]))
		}
		return
	}
	for _, f := range facts {
		fmt.Fprintf(s.options.Out, "%-12s%s\n", f[0], f[1])
	}
	fmt.Fprintln(s.options.Out)
}

func announceMQTT(p *parts) [][2]string {
	if p.mqtt == nil {
		return [][2]string{{"broker", "off: results go to standard output only"}}
	}
	where := p.plan.MQTT.About
	if p.broker != nil {
		where = "embedded, " + p.mqtt.Brokers[0].URL
	}
	return [][2]string{{"broker", where}, {"subscribe", subscribeHint(*p.mqtt)}}
}

// subscribeHint is a command that shows what o publishes, at the first of its addresses, which need not be that of the moment. For a
// broker over WebSockets, which mosquitto_sub does not speak, it is the topics only.
func subscribeHint(o mqtt.Options) string {
	topics := o.Prefix + "/#"
	u, err := url.Parse(o.Brokers[0].URL)
	if err != nil || u.Hostname() == "" || u.Scheme == "ws" || u.Scheme == "wss" {
		return topics
	}
	command, port := "mosquitto_sub -h "+u.Hostname(), u.Port()
	if u.Scheme == "mqtts" {
		port = cmp.Or(port, "8883")
		if o.TLS.CAFile != "" {
			command += " --cafile " + o.TLS.CAFile
		} else {
			command += " --capath /etc/ssl/certs"
		}
		if o.TLS.CertFile != "" {
			command += " --cert " + o.TLS.CertFile + " --key " + o.TLS.KeyFile
		}
	}
	if port != "" {
		command += " -p " + port
	}
	if o.Username != "" {
		command += " -u " + o.Username + " -P …"
	}
	command += " -t '" + topics + "' -v"
	if len(o.Brokers) > 1 {
		command += "  # or at the address where it is connected"
	}
	return command
}
