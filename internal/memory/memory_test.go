package memory

import (
	"runtime"
	"testing"
	"testing/fstest"
)

func TestLimit(t *testing.T) {
	const total = 1 << 30
	for _, c := range []struct {
		name   string
		total  int64
		cgroup string
		files  map[string]string
		want   int64
	}{
		{"no control groups", total, "", nil, total},
		{"nobody says", 0, "", nil, 0},
		{"version 2", total, "0::/system.slice/x.service\n", map[string]string{"sys/fs/cgroup/system.slice/x.service/memory.max": "104857600\n"}, 100 << 20},
		{"version 2, high", total, "0::/x\n", map[string]string{"sys/fs/cgroup/x/memory.max": "max\n", "sys/fs/cgroup/x/memory.high": "4096\n"}, 4096},
		{"version 2, the group around it", total, "0::/a/b\n", map[string]string{"sys/fs/cgroup/a/b/memory.max": "max\n", "sys/fs/cgroup/a/memory.max": "8192\n"}, 8192},
		{"container", total, "0::/\n", map[string]string{"sys/fs/cgroup/memory.max": "16384\n"}, 16384},
		{"more than there is", total, "0::/\n", map[string]string{"sys/fs/cgroup/memory.max": "99999999999999\n"}, total},
		{"only the group says", 0, "0::/\n", map[string]string{"sys/fs/cgroup/memory.max": "16384\n"}, 16384},
		{"version 1", total, "5:cpu:/y\n4:memory,x:/a\n", map[string]string{"sys/fs/cgroup/memory/a/memory.limit_in_bytes": "4096\n", "sys/fs/cgroup/memory/y/memory.limit_in_bytes": "1\n"}, 4096},
		{"rubbish", total, "x\n::\n0::../../..\n", map[string]string{"sys/fs/cgroup/memory.max": "-5\n"}, total},
	} {
		root := fstest.MapFS{}
		if c.cgroup != "" {
			root["proc/self/cgroup"] = &fstest.MapFile{Data: []byte(c.cgroup)}
		}
		for name, text := range c.files {
			root[name] = &fstest.MapFile{Data: []byte(text)}
		}
		if got := limit(c.total, root); got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
}

// TestThisMachine has at least the memory that a test takes.
func TestThisMachine(t *testing.T) {
	if n := Limit(); runtime.GOOS == "linux" && n < 16<<20 {
		t.Errorf("%d bytes", n)
	}
}
