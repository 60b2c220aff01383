package engines

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/zap"
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
