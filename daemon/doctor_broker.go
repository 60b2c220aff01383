package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"strconv"
	"time"

	"github.com/inceptiond/inceptiond/config"
	"github.com/inceptiond/inceptiond/daemon/doctor"
	"github.com/inceptiond/inceptiond/internal/proc"
	"github.com/inceptiond/inceptiond/publish/mqtt"
	"github.com/inceptiond/inceptiond/systemd"
)

// probeLimit is for all steps of a probe.
const probeLimit = 20 * time.Second

// brokerChecks send a message to the broker of the config, and get it back.
func (e *examination) brokerChecks() []doctor.Check {
	if e.config == nil {
		return nil
	}
	m := e.config.MQTT
	switch m.Broker {
	case config.BrokerOff:
		return []doctor.Check{fixed("broker", "mqtt", doctor.Finding{State: doctor.Note, Found: "mqtt.broker is off: results go to standard output only"})}
	case config.BrokerEmbedded:
		return []doctor.Check{{Area: "broker", Name: "embedded", Limit: probeLimit, Run: e.checkEmbedded}}
	}
	list := []doctor.Check{{Area: "broker", Name: "mqtt", Limit: probeLimit, Run: func(ctx context.Context) []doctor.Finding {
		findings, _ := e.probe(ctx, m.Broker)
		return findings
	}}}
	if m.PasswordFile != "" && m.PasswordFile != systemd.Credential("mqtt-password") {
		list = append(list, doctor.Secret("broker", "password", m.PasswordFile))
	}
	if m.TLS.KeyFile != "" {
		list = append(list, doctor.Secret("broker", "key", m.TLS.KeyFile))
	}
	return list
}

// probe goes the way of a message to the broker at url, and returns the state of the daemon that the broker keeps.
func (e *examination) probe(ctx context.Context, url config.URL) (findings []doctor.Finding, daemon string) {
	o := mqttOptions(e.config, url)
	r, err := mqtt.Probe(ctx, o)
	if err != nil {
		return []doctor.Finding{{State: doctor.Fault, Found: err.Error(), Fix: "see the section mqtt of the config file"}}, ""
	}
	for _, s := range r.Steps {
		f := doctor.Finding{Check: s.Name, State: doctor.OK, Found: fmt.Sprintf("%s (%v)", s.Found, s.Took.Round(100*time.Microsecond))}
		if s.Err != nil {
			f.State, f.Found, f.Fix = doctor.Fault, fmt.Sprintf("%v: %s (%v)", url, s.Found, s.Err), s.Mend
		}
		findings = append(findings, f)
	}
	return append(findings, certificateAge(r.Expires, time.Now())...), r.Daemon
}

// certificateAge warns before the broker's certificate is over.
func certificateAge(end, now time.Time) []doctor.Finding {
	const soon = 14 * 24 * time.Hour
	if end.IsZero() || end.Sub(now) > soon {
		return nil
	}
	return []doctor.Finding{{Check: "certificate", State: doctor.Warning, Fix: "renew it on the broker",
		Found: "the broker's certificate is valid until " + end.UTC().Format(time.DateOnly)}}
}

// checkEmbedded looks whether the embedded broker can have its port, or who has it.
func (e *examination) checkEmbedded(ctx context.Context) []doctor.Finding {
	listen := e.config.MQTT.Listen
	l, err := net.Listen("tcp", listen)
	if err == nil {
		l.Close()
		return []doctor.Finding{{State: doctor.OK, Found: listen + " is free for it"}}
	}
	_, port, _ := net.SplitHostPort(listen)
	number, _ := strconv.Atoi(port) // the config was checked
	holders, taken := doctor.Listeners(e.root, number)
	findings, daemon := e.probe(ctx, config.URL("mqtt://"+listen))
	by := daemonOf(holders)
	if by == "" && len(holders) == 0 && daemon == "online" {
		by = "inceptiond"
	}
	if by != "" {
		return append([]doctor.Finding{{State: doctor.OK, Found: fmt.Sprintf("%s runs and listens at %s", by, listen)}}, findings...)
	}
	who := "another program"
	if len(holders) > 0 {
		who = proc.Names(holders)
	} else if taken && os.Geteuid() != 0 {
		who += " (as root this command can say which)"
	}
	return []doctor.Finding{{State: doctor.Fault, Found: fmt.Sprintf("%s cannot be had: %v; %s has it", listen, err, who),
		Fix: fmt.Sprintf("set mqtt.listen to another port; or use that broker, if it is one: mqtt.broker: mqtt://%s", listen)}}
}
