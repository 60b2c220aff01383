package main

import (
	"cmp"
	"fmt"
	"maps"
	"net/url"
	"slices"

	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/config"
)

// announce says what runs and how to listen: as text for people, else in the log.
func announce(p *parts, log *zap.Logger, std streams, output string) {
	facts := [][2]string{{"inceptiond", versionString() + ", device " + p.config.Device}}
	for _, name := range slices.Sorted(maps.Keys(p.cameras)) {
		facts = append(facts, [2]string{"camera", fmt.Sprintf("%s: %s, model %s", name, p.cameras[name].origin.about, p.config.Cameras[name].Model)})
	}
	for _, name := range slices.Sorted(maps.Keys(p.models)) {
		facts = append(facts, [2]string{"model", p.models[name].String()})
	}
	facts = append(facts, announceMQTT(p)...)
	if output == "none" || output == "json" || output == "auto" && isJournal(std.out) {
		for _, f := range facts {
			log.Info(f[0], zap.String("is", f[1]))
		}
		return
	}
	for _, f := range facts {
		fmt.Fprintf(std.out, "%-12s%s\n", f[0], f[1])
	}
	fmt.Fprintln(std.out)
}

func announceMQTT(p *parts) [][2]string {
	if p.mqtt == nil {
		return [][2]string{{"broker", "off: results go to standard output only"}}
	}
	where := p.config.MQTT.Broker.String()
	if p.broker != nil {
		where = "embedded, " + p.mqtt.Broker
	}
	return [][2]string{{"broker", where}, {"subscribe", subscribeHint(p.mqtt.Broker, p.mqtt.Prefix, p.config.MQTT)}}
}

// subscribeHint is a command that shows what is published under prefix on the broker at address. For a broker over
// WebSockets, which mosquitto_sub does not speak, it is the topics only.
func subscribeHint(address, prefix string, m config.MQTT) string {
	topics := prefix + "/#"
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" || u.Scheme == "ws" || u.Scheme == "wss" {
		return topics
	}
	command, port := "mosquitto_sub -h "+u.Hostname(), u.Port()
	if u.Scheme == "mqtts" {
		port = cmp.Or(port, "8883")
		if m.TLS.CAFile != "" {
			command += " --cafile " + m.TLS.CAFile
		} else {
			command += " --capath /etc/ssl/certs"
		}
		if m.TLS.CertFile != "" {
			command += " --cert " + m.TLS.CertFile + " --key " + m.TLS.KeyFile
		}
	}
	if port != "" {
		command += " -p " + port
	}
	if m.Username != "" {
		command += " -u " + m.Username + " -P …"
	}
	return command + " -t '" + topics + "' -v"
}
