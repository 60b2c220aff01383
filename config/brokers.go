package config

import (
	"cmp"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"reflect"
	"regexp"
	"strings"
	"unicode"

	"go.yaml.in/yaml/v3"
)

// The special values of MQTT.Broker.
const (
	BrokerEmbedded URL = "embedded" // the daemon runs a broker of its own at MQTT.Listen
	BrokerOff      URL = "off"      // no MQTT at all
)

// Brokers says where a broker can be had: BrokerEmbedded or BrokerOff alone, or the addresses of one that is a cluster. The file has
// one address, or a list.
type Brokers []Broker

// Broker is an address of a broker. The file has a text, or a section.
type Broker struct {
	URL        URL    `yaml:"url"`         // mqtt://, mqtts://, ws://, wss://
	ServerName string `yaml:"server_name"` // expected in the certificate there; empty: TLS.ServerName, or the URL's host
}

// maxBrokers bounds the addresses of a broker.
const maxBrokers = 16

// BrokersAt are brokers at these addresses, or a special value.
func BrokersAt(addresses ...URL) (b Brokers) {
	for _, a := range addresses {
		b = append(b, Broker{URL: a})
	}
	return b
}

// Is tells whether b is this special value.
func (b Brokers) Is(special URL) bool { return len(b) == 1 && b[0].URL == special }

// String is all addresses, without secrets.
func (b Brokers) String() string {
	all := make([]string, len(b))
	for i, address := range b {
		all[i] = address.URL.String()
	}
	return strings.Join(all, ", ")
}

// MarshalYAML is one address, or a list.
func (b Brokers) MarshalYAML() (any, error) {
	if len(b) == 1 && b[0].ServerName == "" {
		return b[0], nil
	}
	return []Broker(b), nil
}

// MarshalYAML is an address, or a section.
func (b Broker) MarshalYAML() (any, error) {
	if b.ServerName == "" {
		return b.URL, nil
	}
	type section Broker
	return section(b), nil
}

var (
	brokersType = reflect.TypeFor[Brokers]()
	brokerType  = reflect.TypeFor[Broker]()
)

const (
	wantBroker  = "want embedded, off, or an address such as mqtt://broker.local:1883"
	wantAddress = "want an address such as mqtt://broker.local:1883"
)

// brokers decodes one address, or a list of them.
func (d *decoder) brokers(n *yaml.Node, key string, v reflect.Value) {
	before, mistakes := v.Interface(), len(d.problems)
	switch {
	case n.Kind == yaml.SequenceNode:
		if d.list(n, key, v); v.Len() == 1 && len(d.problems) > mistakes {
			v.Set(reflect.ValueOf(before)) // the mistake is told
		}
	case n.Kind == yaml.MappingNode:
		d.fail(n, key, "want an address, or a list of them, not a section (of one of several addresses with a server_name: - url: mqtts://10.0.0.1)")
	default:
		one := reflect.MakeSlice(v.Type(), 1, 1)
		if d.broker(n, key, one.Index(0)); len(d.problems) == mistakes {
			v.Set(one)
		}
	}
}

// broker decodes an address of a list.
func (d *decoder) broker(n *yaml.Node, key string, v reflect.Value) {
	if n.Kind == yaml.MappingNode {
		d.section(n, key, v)
		return
	}
	d.scalar(n, key, v.Field(0))
}

// brokers checks the addresses of a broker, and what is said of all their certificates.
func (k *checker) brokers(key string, m *MQTT) {
	k.pair(key+".tls", m.TLS.CertFile, m.TLS.KeyFile)
	key += ".broker"
	switch n := len(m.Broker); {
	case n == 0:
		k.fail(key, "is an empty list (%s, or several addresses)", wantBroker)
	case n == 1 && m.Broker[0].ServerName == "":
		k.broker(key, m.Broker[0].URL, wantBroker)
		k.encrypted("mqtt.tls", m.TLS, m.Broker[0].URL)
	case n > maxBrokers:
		k.fail(key, "%d addresses are too many (want at most %d: a client needs a few nodes of a cluster, not all)", n, maxBrokers)
	default:
		k.addresses(key, m)
	}
}

// addresses checks a list of them.
func (k *checker) addresses(key string, m *MQTT) {
	first := map[string]URL{}
	for i, b := range m.Broker {
		entry := fmt.Sprintf("%s[%d]", key, i)
		same := canonicalBroker(b.URL)
		switch earlier, twice := first[same]; {
		case b.URL == "":
			k.fail(entry+".url", "is missing (%s)", wantAddress)
		case b.URL == BrokerEmbedded || b.URL == BrokerOff:
			k.fail(entry, "%s cannot stand in a list of addresses (remove it, or set mqtt.broker to it alone)", b.URL)
		case twice:
			k.fail(entry, "%q is in the list already, as %q (remove one of them)", b.URL, earlier)
		case !k.broker(entry, b.URL, wantAddress):
		case b.ServerName != "" && !b.URL.encrypted():
			k.fail(entry+".server_name", "is for the certificate of an address with mqtts:// or wss://, and %q has none (remove it, or change the address)", b.URL)
		default:
			k.serverName(entry+".server_name", b.ServerName)
			if m.TLS != (TLS{}) && !b.URL.encrypted() {
				k.fail(entry, "%q is without TLS, and mqtt.tls is for all addresses (want mqtts:// or wss://, or remove mqtt.tls)", b.URL)
			}
		}
		first[same] = cmp.Or(first[same], b.URL)
	}
}

// serverName checks a name in a certificate.
func (k *checker) serverName(key, name string) {
	_, err := netip.ParseAddr(name)
	if name != "" && err != nil && (len(name) > 253 || strings.ContainsAny(name, ":/@") || strings.ContainsFunc(name, unicode.IsSpace)) {
		k.fail(key, "%s is no name of a certificate (want one such as node1.example, without scheme and port)", quote(name))
	}
}

// encrypted tells whether u is used with TLS.
func (u URL) encrypted() bool {
	scheme, _, _ := strings.Cut(string(u), "://")
	return scheme == "mqtts" || scheme == "wss"
}

// canonicalBroker is the same text for the same address.
func canonicalBroker(b URL) string {
	u, err := url.Parse(string(b))
	if err != nil {
		return string(b)
	}
	port := cmp.Or(u.Port(), map[string]string{"mqtt": "1883", "mqtts": "8883", "ws": "80", "wss": "443"}[u.Scheme])
	return u.Scheme + "://" + net.JoinHostPort(strings.ToLower(strings.TrimSuffix(u.Hostname(), ".")), port) +
		strings.TrimSuffix(u.Path, "/") + "?" + u.RawQuery
}

// brokerSchemes are what other programs call ours.
var brokerSchemes = map[string]string{"tcp": "mqtt", "ssl": "mqtts", "tls": "mqtts", "http": "ws", "https": "wss"}

// hostPort is a host with a dot, or localhost, and perhaps a port.
var hostPort = regexp.MustCompile(`^(localhost|[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+)(:[0-9]{1,5})?$`)

// broker checks an address, and tells whether it is good. wanted is what the key may have.
func (k *checker) broker(key string, b URL, wanted string) bool {
	if b == BrokerEmbedded || b == BrokerOff {
		return true
	}
	u, err := url.Parse(string(b))
	switch {
	case strings.Count(string(b), "://") > 1 || strings.ContainsAny(string(b), ", ;"):
		k.fail(key, "%q is not one address (write several as a list: [mqtt://a.local, mqtt://b.local])", b)
	case !strings.Contains(string(b), "://"):
		k.noScheme(key, b, wanted)
	case strings.Contains(string(b), "@") && (err != nil || u.User != nil):
		k.fail(key, "%q holds a user or password (write it without, and set username and password_file)", b)
	case err != nil: // whose text holds the address, and with it secrets
		k.fail(key, "%q is not an address (%s)", b, wantIPv6(string(b), wanted))
	case brokerSchemes[u.Scheme] != "":
		k.fail(key, "%s:// is not supported (did you mean %s://?)", u.Scheme, brokerSchemes[u.Scheme])
	case u.Scheme != "mqtt" && u.Scheme != "mqtts" && u.Scheme != "ws" && u.Scheme != "wss":
		k.fail(key, "%s:// is not supported (want mqtt://, mqtts://, ws:// or wss://)", u.Scheme)
	case u.Hostname() == "" || !validPort(u.Port(), true):
		k.fail(key, "%q has no proper host or port (%s)", b, wanted)
	case strings.HasPrefix(u.Scheme, "mqtt") && (strings.Trim(u.Path, "/") != "" || u.RawQuery != ""):
		k.fail(key, "%q has more than a host and a port (%s)", b, wanted)
	default:
		return true
	}
	return false
}

// noScheme is about an address that has none.
func (k *checker) noScheme(key string, b URL, wanted string) {
	guess := ""
	if wanted == wantBroker {
		guess = suggest(string(b), []string{string(BrokerEmbedded), string(BrokerOff)})
	}
	switch {
	case guess != "":
		k.fail(key, "%q is not possible (did you mean %s?)", b, guess)
	case hostPort.MatchString(string(b)):
		k.fail(key, "%q is not possible (did you mean mqtt://%s?)", b, b)
	default:
		k.fail(key, "%q is not possible (%s)", b, wanted)
	}
}

// encrypted checks that the only address uses what is said of its certificate.
func (k *checker) encrypted(key string, t TLS, broker URL) {
	scheme, _, remote := strings.Cut(string(broker), "://")
	if t != (TLS{}) && remote && !broker.encrypted() {
		k.fail(key, "tls is set but %s:// does not use it (want mqtts:// or wss:// in mqtt.broker)", scheme)
	}
}
