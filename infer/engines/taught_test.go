package engines

import (
	"errors"
	"image/color"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/infer/learn/store"
	"github.com/inceptiond/inceptiond/internal/testing/taught"
)

func TestUntaught(t *testing.T) {
	teach := t.TempDir()
	load := func() error {
		var o Options
		o.SetTaught(filepath.Join(teach, "gate/current"))
		_, err := Load(t.Context(), "door", o, zap.NewNop())
		if _, described := Describe(o); described == nil || !strings.HasSuffix(err.Error(), described.Error()) {
			t.Errorf("described: %v", described)
		}
		return err
	}
	var untaught *UntaughtError
	err := load()
	if !errors.As(err, &untaught) || !errors.Is(err, fs.ErrNotExist) ||
		err.Error() != `model "door": nothing is called gate in `+teach+": `inceptiond teach new gate --base MODEL` begins it" {
		t.Error(err)
	}
	if err := os.Mkdir(filepath.Join(teach, "gate"), 0o700); err != nil {
		t.Fatal(err)
	}
	err = load()
	if !errors.As(err, &untaught) || err.Error() != "model \"door\": nothing has been taught as gate yet: `inceptiond teach train gate` does it" {
		t.Error(err)
	}
}

// redAndBlue are two classes that are far from each other.
func redAndBlue() []taught.Class {
	return []taught.Class{{Label: "open", Colour: color.RGBA{200, 40, 40, 255}}, {Label: "shut", Colour: color.RGBA{30, 60, 200, 255}}}
}

// The version in use is loaded with what it was taught, and is out of date once another one is in use.
func TestTaught(t *testing.T) {
	teach := t.TempDir()
	first := taught.Version(t, teach, "gate", redAndBlue()...)
	var o Options
	o.SetTaught(store.Path(teach, "gate"))
	o.Engine, o.Unknown, o.Threads = CPU, 0.1, 1
	m, err := Load(t.Context(), "gate", o, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	if m.Taught == nil || m.Taught.Len() != 10 || m.Unknown != 0.1 || m.Embedding != 2 || !slices.Equal(m.Labels, []string{"open", "shut"}) {
		t.Errorf("%+v", m)
	}
	if m.Why.Map != 1 {
		t.Errorf("the map is output %d", m.Why.Map)
	}
	if a, err := m.Activation(); err != nil || a.Classes() != 2 {
		t.Errorf("no activation: %v", err)
	}
	if !m.Current(o) {
		t.Error("it is out of date at once")
	}
	second := taught.Version(t, teach, "gate", append(redAndBlue(), taught.Class{Label: "other", Colour: color.RGBA{20, 200, 20, 255}})...)
	if first == second || m.Current(o) {
		t.Error("it is not out of date, and another version is in use")
	}
	if _, err := m.Activation(); err != nil { // of the file that it was loaded from
		t.Errorf("after another version: %v", err)
	}
}

func TestTaughtDamage(t *testing.T) {
	teach := t.TempDir()
	taught.Version(t, teach, "gate", redAndBlue()...)
	taught.Version(t, teach, "other", append(redAndBlue(), taught.Class{Label: "third", Colour: color.RGBA{20, 200, 20, 255}})...)
	file := filepath.Join(store.Path(teach, "gate"), taughtPictures)
	others, err := os.ReadFile(filepath.Join(store.Path(teach, "other"), taughtPictures))
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		data []byte
		want string
	}{
		"none":          {nil, "no such file"},
		"damaged":       {[]byte("embeddings"), taughtPictures},
		"another model": {others, "other classes than the model has"},
	} {
		os.Remove(file)
		if test.data != nil {
			if err := os.WriteFile(file, test.data, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		o := Options{Engine: CPU}
		o.SetTaught(store.Path(teach, "gate"))
		_, err := Load(t.Context(), "gate", o, zap.NewNop())
		if err == nil || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), "`inceptiond teach train gate` makes it anew") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
