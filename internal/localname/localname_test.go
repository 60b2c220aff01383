package localname

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/net/dns/dnsmessage"
)

func goleakMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestIs(t *testing.T) {
	for host, want := range map[string]bool{
		"broker.local": true, "Broker.LOCAL.": true, "a.b.local": true, "höst.local": true,
		"local": false, ".local": false, "local.": false, "broker": false, "broker.localdomain": false, "broker.local.net": false,
		"localhost": false, "192.168.1.5": false, "::1": false, "fe80::1%eth0": false, "": false, "a b.local": false,
		strings.Repeat("a.", 130) + "local": false,
	} {
		if Is(host) != want {
			t.Errorf("%q: %v", host, !want)
		}
	}
}

func addrs(list ...string) (a []netip.Addr) {
	for _, s := range list {
		a = append(a, netip.MustParseAddr(s))
	}
	return a
}

func TestSorted(t *testing.T) {
	got := sorted(addrs("fe80::1%lo", "2001:db8::1", "169.254.1.1", "10.0.0.2", "::ffff:10.0.0.2", "0.0.0.0", "224.0.0.1", "10.0.0.1"))
	if want := addrs("10.0.0.1", "10.0.0.2", "169.254.1.1", "2001:db8::1", "fe80::1%lo"); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestParseHosts(t *testing.T) {
	const file = "127.0.0.1 localhost\n# 10.0.0.9 broker.local\n10.0.0.1\tother.local Broker.local # mine\nfe80::1 broker.local.\nx broker.local\n10.0.0.2\n"
	if got := parseHosts([]byte(file), "broker.local"); !slices.Equal(got, addrs("10.0.0.1", "fe80::1")) {
		t.Errorf("got %v", got)
	}
}

func TestParseAvahi(t *testing.T) {
	for reply, want := range map[string]string{
		"+ 2 0 broker.local 192.168.1.5": "[192.168.1.5]",
		"+ 1 1 broker.local fe80::5":     "[fe80::5%lo]",
		"+ 99999 1 broker.local fe80::5": "[fe80::5%99999]",
		"+ 1 1 broker.local 2001:db8::5": "[2001:db8::5]",
		"-15 Timeout reached":            "[]", "": "[]", "+": "[]", "+ x 0 broker.local 192.168.1.5": "[]", "+ 2 0 broker.local host": "[]",
	} {
		got, err := parseAvahi(reply)
		if fmt.Sprint(got) != want || (err == nil) != (want != "[]") {
			t.Errorf("%q: %v, %v, want %s", reply, got, err, want)
		}
	}
}

func TestParseResolved(t *testing.T) {
	for reply, want := range map[string]string{
		`{"parameters":{"addresses":[{"ifindex":2,"family":2,"address":[192,168,1,5]},{"ifindex":1,"family":10,"address":[254,128,0,0,0,0,0,0,0,0,0,0,0,0,0,5]}],"name":"broker.local","flags":1048593}}`: "[192.168.1.5 fe80::5%lo]",
		`{"parameters":{"addresses":[{"address":[1,2,3]}]}}`:           "[]",
		`{"error":"io.systemd.Resolve.NoNameServers","parameters":{}}`: "[] error",
		`{"parameters":{"addresses":[{"address":[1,2,3,256]}]}}`:       "[] error",
		`{"parameters":{"addresses":[{"address":"AQID"}]}}`:            "[] error",
		``: "[] error", `[]`: "[] error", `{"parameters":null}`: "[]",
	} {
		got, err := parseResolved([]byte(reply))
		said := fmt.Sprint(got)
		if err != nil {
			said += " error"
		}
		if said != want {
			t.Errorf("%s: %s (%v), want %s", reply, said, err, want)
		}
	}
}

// response packs answers for a test: of a name, an address, its class and TTL.
func response(t testing.TB, id uint16, name string, class dnsmessage.Class, ttl uint32, list ...string) []byte {
	t.Helper()
	m := dnsmessage.Message{Header: dnsmessage.Header{ID: id, Response: true, Authoritative: true}}
	for _, a := range addrs(list...) {
		h := dnsmessage.ResourceHeader{Name: dnsmessage.MustNewName(name), Class: class, TTL: ttl}
		var body dnsmessage.ResourceBody = &dnsmessage.AAAAResource{AAAA: a.As16()}
		if a.Is4() {
			body = &dnsmessage.AResource{A: a.As4()}
		}
		m.Answers = append(m.Answers, dnsmessage.Resource{Header: h, Body: body})
	}
	data, err := m.Pack()
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestParseResponse(t *testing.T) {
	const in, flush = dnsmessage.ClassINET, dnsmessage.ClassINET | 1<<15
	queries, err := packQueries("broker.local", 7)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		message []byte
		want    string
	}{
		"both families":        {response(t, 7, "broker.local.", in, 10, "10.0.0.1", "fe80::1"), "[10.0.0.1 fe80::1]"},
		"flush, other letters": {response(t, 0, "Broker.Local.", flush, 120, "10.0.0.1"), "[10.0.0.1]"},
		"of another query":     {response(t, 8, "broker.local.", in, 10, "10.0.0.1"), "[]"},
		"of another name":      {response(t, 7, "other.local.", in, 10, "10.0.0.1"), "[]"},
		"of another class":     {response(t, 7, "broker.local.", dnsmessage.ClassCHAOS, 10, "10.0.0.1"), "[]"},
		"a goodbye":            {response(t, 7, "broker.local.", in, 0, "10.0.0.1"), "[]"},
		"a query":              {queries[0], "[]"},
		"cut short":            {response(t, 7, "broker.local.", in, 10, "10.0.0.1")[:39], "[]"},
		"nothing":              {nil, "[]"},
	} {
		if got := fmt.Sprint(parseResponse(c.message, "broker.local", 7)); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
	if _, err := packQueries(strings.Repeat("a", 64)+".local", 1); err == nil {
		t.Error("a label of 64 letters is taken")
	}
}

func FuzzReplies(f *testing.F) {
	f.Add(response(f, 7, "broker.local.", dnsmessage.ClassINET, 10, "10.0.0.1", "fe80::1"))
	f.Add([]byte("+ 1 1 broker.local fe80::5"))
	f.Add([]byte(`{"parameters":{"addresses":[{"ifindex":1,"address":[254,128,0,0]}]}}`))
	f.Add([]byte("10.0.0.1 broker.local # x\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if n := len(parseResponse(data, "broker.local", 7)); n > maxAnswers {
			t.Errorf("%d answers", n)
		}
		parseHosts(data, "broker.local")
		for _, list := range [2][]netip.Addr{first(parseAvahi(string(data))), first(parseResolved(data))} {
			for _, a := range sorted(list) {
				if !a.IsValid() {
					t.Errorf("%v", a)
				}
			}
		}
	})
}

func first(a []netip.Addr, _ error) []netip.Addr { return a }

// daemon listens on a socket of its own, and replies to each request that it reads up to the byte end.
func daemon(t *testing.T, end byte, reply func(request string) string) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "socket")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				request, err := bufio.NewReader(conn).ReadString(end)
				if err != nil {
					return
				}
				if text := reply(strings.TrimSuffix(request, string(end))); text != "" {
					conn.Write([]byte(text))
					return
				}
				conn.Read(make([]byte, 1)) // silence, until the other side hangs up
			}()
		}
	}()
	t.Cleanup(func() { l.Close(); <-done })
	return path
}

// silent is asked, and never answers.
func silent(ctx context.Context, _ string) ([]netip.Addr, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

func says(list ...string) func(context.Context, string) ([]netip.Addr, error) {
	return func(context.Context, string) ([]netip.Addr, error) { return addrs(list...), nil }
}

func never(t *testing.T, who string) func(context.Context, string) ([]netip.Addr, error) {
	return func(context.Context, string) ([]netip.Addr, error) {
		t.Errorf("%s was asked", who)
		return nil, errors.New("not to be asked")
	}
}

func TestLookup(t *testing.T) {
	hosts := filepath.Join(t.TempDir(), "hosts")
	if err := os.WriteFile(hosts, []byte("10.1.1.1 known.local\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	avahi := daemon(t, '\n', func(request string) string {
		switch request {
		case "RESOLVE-HOSTNAME-IPV4 broker.local", "RESOLVE-HOSTNAME-IPV4 two.local":
			return "+ 2 0 broker.local 10.0.0.4\n"
		case "RESOLVE-HOSTNAME-IPV6 two.local":
			return "+ 1 1 two.local fe80::4\n"
		case "RESOLVE-HOSTNAME-IPV6 broker.local":
			return "" // Avahi waits five seconds for what there is not
		}
		return "-15 Timeout reached\n"
	})
	resolved := daemon(t, 0, func(request string) string {
		if !strings.Contains(request, "io.systemd.Resolve.ResolveHostname") || !strings.Contains(request, `"flags":24`) {
			t.Errorf("resolved was asked %s", request)
		}
		if strings.Contains(request, `"resolved.local"`) {
			return `{"parameters":{"addresses":[{"ifindex":2,"family":2,"address":[10,0,0,5]}]}}` + "\x00"
		}
		return `{"error":"io.systemd.Resolve.NoNameServers","parameters":{}}` + "\x00"
	})
	for name, c := range map[string]struct {
		host string
		r    resolver
		want string // addresses and way, or a part of the error
	}{
		"the hosts file":                        {"Known.local.", resolver{hosts: hosts, avahi: avahi, network: never(t, "the network"), dns: never(t, "DNS")}, "[10.1.1.1] /etc/hosts"},
		"Avahi, IPv4 only":                      {"broker.local", resolver{avahi: avahi, network: silent, dns: never(t, "DNS")}, "[10.0.0.4] Avahi"},
		"Avahi, both":                           {"two.local", resolver{avahi: avahi, network: silent, dns: never(t, "DNS")}, "[10.0.0.4 fe80::4%lo] Avahi"},
		"systemd-resolved":                      {"resolved.local", resolver{resolved: resolved, avahi: avahi, network: silent, dns: never(t, "DNS")}, "[10.0.0.5] systemd-resolved"},
		"the network alone":                     {"broker.local", resolver{network: says("fe80::1%lo", "10.0.0.6"), dns: never(t, "DNS")}, "[10.0.0.6 fe80::1%lo] multicast DNS"},
		"daemons that do not know, the network": {"third.local", resolver{resolved: resolved, avahi: avahi, network: says("10.0.0.7"), dns: never(t, "DNS")}, "[10.0.0.7] multicast DNS"},
		"DNS":                                   {"fourth.local", resolver{avahi: avahi, network: silent, dns: says("10.0.0.8")}, "[10.0.0.8] DNS"},
		"nobody": {"fifth.local", resolver{resolved: resolved, avahi: avahi, network: silent, dns: silent},
			"lookup fifth.local: no machine answers to this name (asked systemd-resolved, Avahi, multicast DNS, DNS): is it on"},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
			defer cancel()
			got, way, err := c.r.lookup(ctx, c.host)
			said := fmt.Sprintf("%v %s", got, way)
			if err != nil {
				said = err.Error()
			}
			if !strings.HasPrefix(said, c.want) {
				t.Errorf("got %s, want %s", said, c.want)
			}
		})
	}
}

// The end of the context is the end of the lookup, whoever is silent.
func TestLookupEnds(t *testing.T) {
	r := resolver{avahi: daemon(t, '\n', func(string) string { return "" }), network: silent, dns: silent}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	begin := time.Now()
	if _, _, err := r.lookup(ctx, "a.local"); err == nil {
		t.Error("no error")
	}
	if took := time.Since(begin); took > 2*time.Second {
		t.Errorf("took %v", took)
	}
}

// Other names take no part in it, and all addresses are tried.
func TestDialer(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	conn, err := Dialer(new(net.Dialer))(t.Context(), "tcp", "localhost:"+port)
	if err != nil {
		t.Fatal(err)
	}
	conn.Close()
	conn, err = dialAny(t.Context(), new(net.Dialer), "tcp", port, addrs("127.0.0.77", "::1", "127.0.0.1")) // nobody listens at the first two
	if err != nil {
		t.Fatal(err)
	}
	conn.Close()
	if _, err := dialAny(t.Context(), new(net.Dialer), "tcp6", port, addrs("127.0.0.1")); err == nil {
		t.Error("an IPv4 address for tcp6")
	}
}

// Where a name has several addresses of a family, the caller says which is tried first, and the others are tried behind it.
func TestArrangedDialer(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.2:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	for name, test := range map[string]struct {
		host  string
		found string
		err   error
		asked string // to arrange
		ok    bool
	}{
		"several":      {"broker.example", "127.0.0.1 127.0.0.2", nil, "127.0.0.1 127.0.0.2", true},
		"and IPv6":     {"broker.example", "127.0.0.1 ::1 127.0.0.2", nil, "127.0.0.1 ::1 127.0.0.2", true},
		"one":          {"broker.example", "127.0.0.2", nil, "127.0.0.2", true},
		"one of each":  {"localhost", "127.0.0.1 ::1", nil, "", false}, // as always
		"an address":   {"127.0.0.2", "", nil, "", true},
		"unknown name": {"broker.example", "", &net.DNSError{IsNotFound: true}, "", false},
	} {
		t.Run(name, func(t *testing.T) {
			asked := ""
			dial := arrangedDialer(new(net.Dialer), func(context.Context, string) ([]netip.Addr, error) {
				return addrs(strings.Fields(test.found)...), test.err
			}, func(list []netip.Addr) []netip.Addr {
				asked = strings.Trim(fmt.Sprint(list), "[]")
				slices.Reverse(list)
				return list
			})
			conn, err := dial(t.Context(), "tcp", net.JoinHostPort(test.host, port))
			if err == nil {
				conn.Close()
			}
			if asked != test.asked || (err == nil) != test.ok || test.err != nil && !errors.Is(err, test.err) {
				t.Errorf("%v; %s was to be arranged, want %s", err, asked, test.asked)
			}
		})
	}
}
