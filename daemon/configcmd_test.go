package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/inceptiond/inceptiond/config"
)

// What config prints can be run as it is, and --all has every line of it and more.
func TestConfigPrintsFiles(t *testing.T) {
	run := func(args ...string) (out, stderr bytes.Buffer, code int) {
		code = execute(t.Context(), args, streams{nil, &out, &stderr})
		return out, stderr, code
	}
	for _, test := range []struct {
		args []string
		want []byte
	}{
		{[]string{"config"}, config.Brief()},
		{[]string{"config", "--all"}, config.File()},
	} {
		out, stderr, code := run(test.args...)
		if code != exitOK || !bytes.Equal(out.Bytes(), test.want) {
			t.Fatalf("%v ended with %d, %s, and printed\n%s", test.args, code, &stderr, &out)
		}
		file := filepath.Join(t.TempDir(), "inceptiond.yaml")
		if err := os.WriteFile(file, out.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		if out, stderr, code := run("config", "check", file); code != exitOK {
			t.Errorf("what %v prints is refused: %s%s", test.args, &out, &stderr)
		}
	}
}
