package replay_test

import (
	"testing"

	"github.com/inceptiond/inceptiond/daemon/bundle"
	"github.com/inceptiond/inceptiond/daemon/replay"
	"github.com/inceptiond/inceptiond/daemon/wiring"
	"github.com/inceptiond/inceptiond/infer/cpu/kernel"
	"github.com/inceptiond/inceptiond/internal/testing/bundles"
)

// TestGoldenBundles replays bundles that were made on amd64 by every set of kernels of the processor at hand: 8 bits give the same bytes
// whatever that is, float32 does where the kernels round as those that it was recorded with, which a replay looks for by itself.
func TestGoldenBundles(t *testing.T) {
	models := t.TempDir()
	bundles.Models(t, models)
	for _, c := range bundles.Cases() {
		b := c.Open(t)
		if b.Manifest.Bundle != 1 {
			t.Errorf("%s: format %d (make no new ones of old bundles: they show that these stay readable)", c.Name, b.Manifest.Bundle)
		}
		t.Setenv("INCEPTIOND_KERNELS", "")
		for _, camera := range replayed(t, b, models, &b.Manifest.Fused).Cameras {
			if !camera.Exact || camera.Frames != c.Frames || camera.Changes < 3 {
				t.Errorf("%s, camera %s: exact %t, %d frames, %d changes; %+v", c.Name, camera.Name, camera.Exact, camera.Frames, camera.Changes, camera.First)
			}
		}
		for _, name := range kernel.Names() {
			t.Setenv("INCEPTIOND_KERNELS", name)
			r := replayed(t, b, models, nil)
			set, err := kernel.ByName(name)
			if err != nil {
				t.Fatal(err)
			}
			rounds := c.Name == "float32" && set.Fused != b.Manifest.Fused
			for _, camera := range r.Cameras {
				if !camera.Same || camera.Exact == rounds {
					t.Errorf("%s by %s, camera %s: same %t, exact %t; %+v", c.Name, name, camera.Name, camera.Same, camera.Exact, camera.First)
				}
			}
			for _, m := range r.Models {
				if !m.Alike || m.B.Kernel != name {
					t.Errorf("%s by %s: model %s, by %s", c.Name, name, m.B.SHA256, m.B.Kernel)
				}
			}
		}
	}
}

// replayed is the report of a replay with models of a folder.
func replayed(t *testing.T, b *bundle.Bundle, models string, fused *bool) *replay.Report {
	t.Helper()
	text, _ := b.File(bundle.ConfigName)
	c, err := wiring.Bundled(text, "", "")
	if err != nil {
		t.Fatal(err)
	}
	p, err := wiring.Plan(c)
	if err != nil {
		t.Fatal(err)
	}
	o := replay.Options{Fused: fused}
	names, err := o.Choose(b, p)
	if err != nil {
		t.Fatal(err)
	}
	find := replay.Finder{Folder: models, Room: t.TempDir()}
	if err := find.Find(p, b, names); err != nil {
		t.Fatal(err)
	}
	return compared(t, b, p, o)
}
