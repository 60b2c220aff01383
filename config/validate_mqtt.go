package config

import (
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/inceptiond/inceptiond/internal/loopback"
)

func (k *checker) mqtt(m *MQTT) {
	k.brokers("mqtt", m)
	k.listen("mqtt.listen", m.Listen)
	if m.Prefix != "" {
		k.topic("mqtt.prefix", m.Prefix)
	}
	if len(m.ClientID) > 128 || strings.ContainsFunc(m.ClientID, unicode.IsControl) {
		k.fail("mqtt.client_id", "%s is not possible (want at most 128 bytes of printable text)", quote(m.ClientID))
	}
	k.passwordFile("mqtt", m.Username, m.PasswordFile)
	// The protocol has 16 bits for the seconds: MQTT 3.1.1, section 3.1.2.10.
	within(k, "mqtt.keep_alive", m.KeepAlive, time.Second, 65535*time.Second)
	if m.KeepAlive >= time.Second && m.KeepAlive%time.Second != 0 {
		k.fail("mqtt.keep_alive", "%v is not a number of whole seconds", m.KeepAlive)
	}
	within(k, "mqtt.qos", m.QoS, 0, 2)
	within(k, "mqtt.max_rate", m.MaxRate, 0, 1000)
	within(k, "mqtt.queue", m.Queue, 1, 65535)
	within(k, "mqtt.spool.max_bytes", m.Spool.MaxBytes, 256<<10, 256<<20)
	within(k, "mqtt.spool.max_age", m.Spool.MaxAge, time.Minute, 366*24*time.Hour)
	within(k, "mqtt.spool.max_writes", m.Spool.MaxWrites, 0, 60_000)
	k.homeAssistant(m)
}

// wantIPv6 says how to write an address without the brackets that it needs (RFC 3986, section 3.2.2), else what is wanted.
func wantIPv6(address, wanted string) string {
	scheme, host, _ := strings.Cut(address, "://")
	host, _, _ = strings.Cut(host, "/")
	if ip, err := netip.ParseAddr(host); err == nil && ip.Is6() {
		return "write an IPv6 address in brackets: " + scheme + "://[" + host + "]"
	}
	return wanted
}

// listen checks the embedded broker's address. It asks nobody for a password, so it must stay on this machine.
func (k *checker) listen(key, address string) {
	host, port, err := net.SplitHostPort(address)
	if err != nil || !validPort(port, false) {
		k.fail(key, "%s is not host:port (want one such as 127.0.0.1:1883)", quote(address))
		return
	}
	if !loopback.Host(host) {
		k.fail(key, "%s can be reached from other machines, and the embedded broker has no passwords (want 127.0.0.1:%s; "+
			"for others run a broker such as mosquitto and name it in mqtt.broker)", quote(address), port)
	}
}

// topic checks the start of a topic: MQTT 3.1.1, section 4.7.
func (k *checker) topic(key, topic string) {
	switch {
	case len(topic) > 200:
		k.fail(key, "%d bytes are too many (want at most 200)", len(topic))
	case strings.ContainsAny(topic, "+#"):
		k.fail(key, "%s holds a wildcard (remove + and #)", quote(topic))
	case strings.HasPrefix(topic, "$"):
		k.fail(key, "%s starts with $, which belongs to the broker", quote(topic))
	case strings.HasPrefix(topic, "/"), strings.HasSuffix(topic, "/"), strings.Contains(topic, "//"):
		k.fail(key, "%s has an empty level (want one / between two levels and none at the ends)", quote(topic))
	case strings.ContainsFunc(topic, unicode.IsControl):
		k.fail(key, "%s holds a control character", quote(topic))
	}
}

// pair checks the files of a certificate and its key.
func (k *checker) pair(key, certFile, keyFile string) {
	switch {
	case certFile != "" && keyFile == "":
		k.fail(key+".key_file", "is missing beside cert_file (a certificate needs its key)")
	case keyFile != "" && certFile == "":
		k.fail(key+".cert_file", "is missing beside key_file (a key needs its certificate)")
	}
}

// validPort tells whether port is a number that a port can have; none is right only if optional.
func validPort(port string, optional bool) bool {
	if port == "" {
		return optional
	}
	_, err := strconv.ParseUint(port, 10, 16)
	return err == nil
}
