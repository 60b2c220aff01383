package wiring

import (
	"reflect"
	"testing"

	"github.com/inceptiond/inceptiond/publish/web"
)

func TestPlanOfPage(t *testing.T) {
	t.Setenv("STATE_DIRECTORY", "/var/lib/inceptiond")
	t.Setenv("RUNTIME_DIRECTORY", "/run/inceptiond")
	got := planOf(t, `
device: gate-pi
web: {listen: "0.0.0.0:8224", hosts: [cams.example.org], embed: ["http://ha:8123"], tls: {cert_file: /c.pem, key_file: /k.pem}, rate: 2}
`).Web
	want := web.Options{
		Listen: "0.0.0.0:8224", Hosts: []string{"cams.example.org"}, Embed: []string{"http://ha:8123"}, TLS: web.TLS{CertFile: "/c.pem", KeyFile: "/k.pem"},
		Rate: 2, Device: "gate-pi", StateDir: "/var/lib/inceptiond/web", LinkFile: "/run/inceptiond/web-link",
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	for _, variable := range []string{"STATE_DIRECTORY", "RUNTIME_DIRECTORY", "XDG_STATE_HOME", "HOME"} {
		t.Setenv(variable, "")
	}
	want = web.Options{Listen: "127.0.0.1:8224", Rate: 5, Device: "gate-pi"}
	if got := planOf(t, "device: gate-pi\n").Web; !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if got := planOf(t, "web: {listen: ''}").Web.Listen; got != "" {
		t.Errorf("the page is at %q, want none", got)
	}
}
