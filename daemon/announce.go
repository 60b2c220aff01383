package main

import (
	"fmt"
	"net/url"

	"go.uber.org/zap"
)

// announce says what runs and how to listen: as text for people, else in the log.
func (d *daemon) announce(std streams, output string) {
	facts := [][2]string{{"inceptiond", versionString() + ", device " + d.config.Device}}
	for _, about := range d.about {
		facts = append(facts, [2]string{"camera", about})
	}
	for _, m := range d.models {
		facts = append(facts, [2]string{"model", m.String()})
	}
	facts = append(facts, d.announceMQTT()...)
	if output == "none" || output == "json" || output == "auto" && isJournal(std.out) {
		for _, f := range facts {
			d.log.Info(f[0], zap.String("is", f[1]))
		}
		return
	}
	for _, f := range facts {
		fmt.Fprintf(std.out, "%-12s%s\n", f[0], f[1])
	}
	fmt.Fprintln(std.out)
}

func (d *daemon) announceMQTT() [][2]string {
	if d.client == nil {
		return [][2]string{{"broker", "off: results go to standard output only"}}
	}
	if d.broker != nil {
		url := "mqtt://" + d.broker.Addr()
		return [][2]string{{"broker", "embedded, " + url}, {"subscribe", subscribeHint(url, d.client.Prefix())}}
	}
	url := string(d.config.MQTT.Broker)
	return [][2]string{{"broker", d.config.MQTT.Broker.String()}, {"subscribe", subscribeHint(url, d.client.Prefix())}}
}

// subscribeHint is a command that shows what is published under prefix on the broker at address. It needs more options
// where the broker wants a password or a certificate; those are not repeated here.
func subscribeHint(address, prefix string) string {
	topics := fmt.Sprintf("-t '%s/#' -v", prefix)
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" {
		return "mosquitto_sub " + topics
	}
	command := "mosquitto_sub -h " + u.Hostname()
	if port := u.Port(); port != "" {
		command += " -p " + port
	}
	return command + " " + topics
}
