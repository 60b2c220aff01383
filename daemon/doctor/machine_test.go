package doctor

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/inceptiond/inceptiond/capture/hours"
	"github.com/inceptiond/inceptiond/daemon/plan"
	"github.com/inceptiond/inceptiond/infer/cpu"
	"github.com/inceptiond/inceptiond/infer/engines"
	"github.com/inceptiond/inceptiond/internal/proc"
)

// tree writes files below a new root: path and content, in turn. A content "-> x" is a symbolic link to x.
func tree(t *testing.T, files ...string) Root {
	t.Helper()
	root := t.TempDir()
	for i := 0; i < len(files); i += 2 {
		path := filepath.Join(root, files[i])
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		err := os.WriteFile(path, []byte(files[i+1]), 0o644)
		if to, link := strings.CutPrefix(files[i+1], "-> "); link {
			_ = os.Remove(path)
			err = os.Symlink(to, path)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return Root(root)
}

// lines are findings in short: "warning temperature: 85 °C".
func lines(c Check) string {
	var list []string
	Run(context.Background(), []Check{c}, func(f Finding) {
		if (f.State == Fault || f.State == Warning) && f.Fix == "" || f.State == OK && f.Fix != "" {
			f.Found += " BUT ITS FIX IS " + f.Fix
		}
		list = append(list, fmt.Sprintf("%s %s: %s", f.State, f.Check, f.Found))
	})
	return strings.Join(list, "\n")
}

func TestClock(t *testing.T) {
	now := time.Date(2026, 9, 1, 12, 0, 0, 0, time.UTC)
	withRTC := tree(t, "/sys/class/rtc/rtc0/name", "rtc_cmos\n")
	for name, test := range map[string]struct {
		root  Root
		state clockState
		err   error
		want  string
	}{
		"good":       {"", clockState{true, true, now}, nil, "ok clock: synchronized, 2026-09-01T12:00:00Z"},
		"not":        {withRTC, clockState{false, false, now}, nil, "warning clock: not synchronized; it says 2026-09-01T12:00:00Z"},
		"not, Pi":    {tree(t), clockState{false, false, now}, nil, "warning clock: not synchronized, and this machine has no clock of its own that runs while it is off; it says 2026-09-01T12:00:00Z"},
		"1970":       {withRTC, clockState{true, true, time.Unix(0, 0)}, nil, "fault clock: the clock says 1970-01-01T00:00:00Z, which is in the past"},
		"not to ask": {withRTC, clockState{false, false, now}, errors.New("adjtimex: denied"), "note clock: the kernel does not say whether the clock is synchronized: adjtimex: denied"},
	} {
		if got := lines(checkClock(test.root, func() (clockState, error) { return test.state, test.err })); got != test.want {
			t.Errorf("%s: %s\nwant %s", name, got, test.want)
		}
	}
	if runtime.GOOS == "linux" {
		if got := lines(checkClock("", readClock)); !strings.Contains(got, "clock: ") || strings.HasPrefix(got, "fault") {
			t.Errorf("this machine: %s", got)
		}
	}
}

func TestKernels(t *testing.T) {
	for want, test := range map[string]struct {
		choice cpu.Choice
		err    error
	}{
		"ok kernels: avx2":    {cpu.Choice{Name: "avx2", Best: "avx2"}, nil},
		"fault kernels: none": {cpu.Choice{}, errors.New("none")},
		"warning kernels: go (INCEPTIOND_KERNELS says so; avx2 would be the fastest here)": {cpu.Choice{Name: "go", Best: "avx2", Forced: true}, nil},
	} {
		if got := lines(checkKernels(func() (cpu.Choice, error) { return test.choice, test.err })); got != want {
			t.Errorf("%s\nwant %s", got, want)
		}
	}
}

// The service may not ask the kernel: what this command sees of the clock, it need not see.
func TestClockOfService(t *testing.T) {
	now := time.Date(2026, 9, 1, 12, 0, 0, 0, time.UTC)
	const blind = "warning clock of the service: the service may not ask the kernel, and what sets this clock is not systemd-timesyncd: " +
		"it takes the clock for not synchronized"
	for name, test := range map[string]struct {
		root  Root
		state clockState
		err   error
		want  string
	}{
		"timesyncd": {tree(t, "/run/systemd/timesync/synchronized", ""), clockState{true, true, now}, nil, ""},
		"chrony":    {tree(t), clockState{true, true, now}, nil, blind},
		"nobody":    {tree(t), clockState{false, true, now}, nil, ""},
		"unknown":   {tree(t), clockState{true, true, now}, errors.New("adjtimex: denied"), ""},
	} {
		if got := lines(checkClockOfService(test.root, func() (clockState, error) { return test.state, test.err })); got != test.want {
			t.Errorf("%s: %s\nwant %s", name, got, test.want)
		}
	}
}

func TestHoursOfCameras(t *testing.T) {
	now := time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC) // a Saturday
	for _, test := range []struct {
		entry string
		state clockState
		open  bool
		want  string
	}{
		{"07:30 to 18:00", clockState{true, true, now}, true, "ok drive hours: open until Sat 2026-03-14 18:00 UTC"},
		{"mon-fri 07:30 to 18:00", clockState{true, true, now}, true, "ok drive hours: closed until Mon 2026-03-16 07:30 UTC"},
		{"00:00 to 24:00", clockState{true, true, now}, true, "ok drive hours: open, now and for the next days"},
		{"07:30 to 18:00", clockState{false, false, now}, true, "warning drive hours: nobody has set the clock; until then it is open at any time (without_clock)"},
		{"07:30 to 18:00", clockState{false, false, now}, false, "warning drive hours: nobody has set the clock; until then it is closed at any time (without_clock)"},
		{"07:30 to 18:00", clockState{false, true, now}, true, "ok drive hours: open until Sat 2026-03-14 18:00 UTC"},
	} {
		entry, err := hours.Parse(test.entry)
		if err != nil {
			t.Fatal(err)
		}
		cam := plan.Camera{Hours: hours.Schedule{Entries: []hours.Entry{entry}}, OpenWithoutClock: test.open}
		if got := lines(checkHours("drive", cam, func() (clockState, error) { return test.state, nil })); got != test.want {
			t.Errorf("%s: %s\nwant %s", test.entry, got, test.want)
		}
	}
}

func TestDisk(t *testing.T) {
	dir := t.TempDir()
	const gib = 1 << 30
	for name, test := range map[string]struct {
		space space
		err   error
		write bool
		want  string
	}{
		"good":            {space{Free: 2 * gib, Size: 8 * gib}, nil, false, "ok: 2 GiB of 8 GiB free"},
		"good to write":   {space{Free: 2 * gib, Size: 8 * gib, FreeFiles: 1, MaxFiles: 9}, nil, true, "ok: can be written, 2 GiB of 8 GiB free"},
		"low":             {space{Free: 50 << 20, Size: 8 * gib}, nil, true, "warning: nearly full: 50 MiB of 8 GiB free"},
		"full":            {space{Size: 8 * gib}, nil, false, "fault: full"},
		"no files":        {space{Free: gib, Size: gib, MaxFiles: 9}, nil, false, "fault: no file more fits (df -i)"},
		"read-only root":  {space{Free: gib, Size: gib, ReadOnly: true}, nil, false, "note: read-only, 1 GiB of 1 GiB free"},
		"read-only spool": {space{Free: gib, Size: gib, ReadOnly: true}, nil, true, "fault: read-only, but something is to be kept there"},
		"not there":       {space{}, os.ErrNotExist, true, "ok: there is no such folder yet; it can be made"},
		"root's":          {space{}, os.ErrPermission, true, "note: only root may look: sudo inceptiond doctor"},
		"broken":          {space{}, errors.New("statfs: input/output error"), true, "fault: statfs: input/output error"},
	} {
		got := lines(checkDisk(dir, map[bool]string{true: "a.key"}[test.write], func(string) (space, error) { return test.space, test.err }))
		if want := strings.Replace(test.want, ":", " disk "+dir+":", 1); got != want {
			t.Errorf("%s: %s\nwant %s", name, got, want)
		}
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("files left behind: %v, %v", left, err)
	}
	if got := lines(checkDisk(filepath.Join(dir, "none"), "a.key", nil)); runtime.GOOS == "linux" && !strings.Contains(got, "no such folder yet") {
		t.Errorf("a folder that is not there: %s", got)
	}
	if got := lines(checkDisk(dir, "a.key", nil)); runtime.GOOS == "linux" && !strings.Contains(got, "free") {
		t.Errorf("this machine: %s", got)
	}
}

func TestSecret(t *testing.T) {
	e := new(examination)
	dir := t.TempDir()
	file := filepath.Join(dir, "password")
	if err := os.WriteFile(file, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	for mode, want := range map[os.FileMode]string{
		0o600: "ok password: " + file + ", mode 0600",
		0o640: "ok password: " + file + ", mode 0640",
		0o644: "warning password: " + file + ": every user of this machine can read it (mode 0644)",
	} {
		if err := os.Chmod(file, mode); err != nil {
			t.Fatal(err)
		}
		if got := lines(e.checkSecret("broker", "password", file)); got != want {
			t.Errorf("%04o: %s\nwant %s", mode, got, want)
		}
	}
	if got := lines(e.checkSecret("broker", "password", file+"x")); got != "fault password: "+file+"x: there is no such file" {
		t.Errorf("missing: %s", got)
	}
	if got := lines(e.checkSecret("broker", "password", dir)); got != "fault password: "+dir+" is a folder" {
		t.Errorf("folder: %s", got)
	}
}

// TestServiceReads has the kernel say what another user may read, behind closed folders too.
func TestServiceReads(t *testing.T) {
	if !asRoot("nobody") {
		t.Skip("needs root, and the user nobody")
	}
	dir := t.TempDir()
	for d := dir; d != os.TempDir() && d != "/"; d = filepath.Dir(d) {
		if err := os.Chmod(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	open, root, closed, gone := filepath.Join(dir, "open"), filepath.Join(dir, "root"), filepath.Join(dir, "closed", "model"), filepath.Join(dir, "gone")
	if err := os.Mkdir(filepath.Dir(closed), 0o700); err != nil {
		t.Fatal(err)
	}
	for file, mode := range map[string]os.FileMode{open: 0o644, root: 0o600, closed: 0o644} {
		if err := os.WriteFile(file, nil, mode); err != nil {
			t.Fatal(err)
		}
	}
	e := &examination{options: Options{File: open}, plan: &plan.Plan{
		Models:  map[string]engines.Options{"a": {File: closed, Labels: "builtin:demo"}, "b": {File: "pull:inception_v1_224_quant"}},
		Cameras: map[string]plan.Camera{"yard": {PasswordFile: root}, "shed": {PasswordFile: "/run/credentials/inceptiond.service/shed"}},
		MQTT:    &plan.MQTT{PasswordFile: gone},
	}}
	want := "fault service: " + closed + ": the service's user, nobody, cannot read it\nfault service: " + root + ": the service's user, nobody, cannot read it"
	if got := lines(checkService("nobody", e.files(), cannotRead)); got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	if got := lines(checkService("nobody", []string{open, gone}, cannotRead)); got != "ok service: its user, nobody, can read all files that are named" {
		t.Errorf("readable: %s", got)
	}
}

func TestWriters(t *testing.T) {
	file := filepath.Join(t.TempDir(), "inceptiond.yaml")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if f := findWriters(file); f != nil {
		t.Errorf("0644: %+v", f)
	}
	if err := os.Chmod(file, 0o666); err != nil {
		t.Fatal(err)
	}
	if f := findWriters(file); len(f) != 1 || f[0].State != Warning || f[0].Fix != "sudo chmod o-w "+file {
		t.Errorf("0666: %+v", f)
	}
	if f := findWriters(file + "x"); f != nil {
		t.Errorf("missing: %+v", f)
	}
}

func TestMachine(t *testing.T) {
	pi := tree(t, "/proc/device-tree/model", "Raspberry Pi 4 Model B Rev 1.4\x00",
		"/etc/os-release", "ID=debian\nPRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\n", "/proc/sys/kernel/osrelease", "6.1.0-rpi7\n")
	want := fmt.Sprintf("ok machine: Raspberry Pi 4 Model B Rev 1.4, Debian GNU/Linux 12 (bookworm), Linux 6.1.0-rpi7, %s, %d processors",
		runtime.GOARCH, runtime.NumCPU())
	if got := lines(checkMachine(pi)); got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	if !isPi(pi) || isPi(tree(t)) || isPi(tree(t, "/proc/device-tree/model", "Pine64 RockPro64")) {
		t.Error("isPi")
	}
}

func TestMemory(t *testing.T) {
	root := tree(t, "/proc/meminfo", "MemTotal:        1024000 kB\nMemFree: 1 kB\nMemAvailable:     512000 kB\n")
	for need, want := range map[uint64]string{
		0:         "ok memory: 500 MiB of 1000 MiB available",
		100 << 20: "ok memory: the models need about 100 MiB, 500 MiB of 1000 MiB available",
		600 << 20: "warning memory: the models need about 600 MiB, 500 MiB of 1000 MiB available",
		2 << 30:   "fault memory: the models need about 2 GiB, 500 MiB of 1000 MiB available",
	} {
		if got := lines(checkMemory(root, func() uint64 { return need })); got != want {
			t.Errorf("%d: %s\nwant %s", need, got, want)
		}
	}
	for _, text := range []string{"", "MemTotal: much\n", "MemTotal: 99999999999999999999 kB\n"} {
		if got := lines(checkMemory(tree(t, "/proc/meminfo", text), nil)); !strings.HasPrefix(got, "note memory: ") {
			t.Errorf("%q: %s", text, got)
		}
	}
}

func TestHeat(t *testing.T) {
	const zone, bits = "/sys/class/thermal/thermal_zone%d/temp", "/sys/devices/platform/soc/soc:firmware/get_throttled"
	at := func(n int) string { return fmt.Sprintf(zone, n) }
	for name, test := range map[string]struct {
		root Root
		want string
	}{
		"none":     {tree(t), "note temperature: this machine has no thermometer that Linux knows"},
		"cool":     {tree(t, at(0), "45123\n", at(1), "51900\n"), "ok temperature: 52 °C"},
		"hot":      {tree(t, at(0), "83000\n"), "warning temperature: 83 °C"},
		"nonsense": {tree(t, at(0), "-274000\n", at(1), "x", at(2), "30000"), "ok temperature: 30 °C"},
		"Pi":       {tree(t, at(0), "50000", bits, "0\n"), "ok temperature: 50 °C\nok power and clock: enough power, full speed"},
		"Pi, weak": {tree(t, at(0), "50000", bits, "50001\n"), "ok temperature: 50 °C\n" +
			"warning power and clock: the voltage is too low now\nnote power and clock: since it was started there was a time when it is slowed down"},
	} {
		if got := lines(checkHeat(test.root)); got != test.want {
			t.Errorf("%s: %s\nwant %s", name, got, test.want)
		}
	}
}

func TestVideos(t *testing.T) {
	root := tree(t,
		"/dev/video0", "", "/dev/video2", "", "/dev/video10", "", "/dev/videoX", "",
		"/sys/class/video4linux/video0/name", "HD Webcam\n",
		"/etc/group", fmt.Sprintf("root:x:4711:\nvideo:x:%d:pi\n", os.Getgid()),
		"/proc/812/comm", "motion\n", "/proc/812/fd/4", "-> /dev/video0",
	)
	videos := videoNodes(root)
	var paths []string
	for _, v := range videos {
		paths = append(paths, v.Path)
	}
	if got := strings.Join(paths, " "); got != "/dev/video0 /dev/video2 /dev/video10" {
		t.Fatalf("nodes: %s", got)
	}
	v := videos[0]
	if v.Name != "HD Webcam" || v.Group != "video" || proc.Names(v.Holders) != "motion (process 812)" {
		t.Errorf("%+v", v)
	}
	for _, test := range []struct {
		mode  os.FileMode
		group string
		good  bool
	}{{0o660, "video", true}, {0o600, "video", false}, {0o660, "root", false}, {0o666, "root", true}} {
		v.Mode, v.Group = test.mode, test.group
		if f := v.forService(); (f == nil) != test.good {
			t.Errorf("%04o %s: %+v", test.mode, test.group, f)
		}
	}
}

func TestListeners(t *testing.T) {
	const head = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
	root := tree(t,
		"/proc/net/tcp", head+
			"   0: 0100007F:075B 00000000:0000 0A 00000000:00000000 00:00000000 00000000   115        0 4711 1 0 100 0 0 10 0\n"+
			"   1: 0100007F:075C 0100007F:075B 01 00000000:00000000 00:00000000 00000000   115        0 4712 1 0 100 0 0 10 0\n"+
			"   2: cut\n",
		"/proc/net/tcp6", head+
			"   0: 00000000000000000000000001000000:22B3 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 4713 1 0 100 0 0 10 0\n",
		"/proc/77/comm", "mosquitto", "/proc/77/fd/5", "-> socket:[4711]",
	)
	for port, want := range map[int]string{1883: "mosquitto (process 77) true", 8883: " true", 1884: " false", 0: " false"} {
		holders, taken := findListeners(root, port)
		if got := fmt.Sprint(proc.Names(holders), " ", taken); got != want {
			t.Errorf("%d: %q, want %q", port, got, want)
		}
	}
}

func TestRibbonConfig(t *testing.T) {
	for name, test := range map[string]struct {
		root    Root
		says    string
		missing bool
	}{
		"none":    {tree(t), "", false},
		"auto":    {tree(t, "/boot/firmware/config.txt", "# x\ncamera_auto_detect=1\n"), "config.txt: camera_auto_detect=1", false},
		"off":     {tree(t, "/boot/config.txt", "camera_auto_detect=0\n"), "config.txt: camera_auto_detect=0", true},
		"overlay": {tree(t, "/boot/config.txt", "camera_auto_detect=0\ndtoverlay=imx708,cam0\ndtoverlay=vc4-kms-v3d\n"), "config.txt: camera_auto_detect=0, dtoverlay=imx708,cam0", false},
		"silent":  {tree(t, "/boot/config.txt", "arm_64bit=1\n"), "config.txt says nothing of cameras", true},
	} {
		if says, missing := ribbonConfig(test.root); says != test.says || missing != test.missing {
			t.Errorf("%s: %q %v", name, says, missing)
		}
	}
}

// Whatever a file of the kernel says, reading it does no harm.
func FuzzFiles(f *testing.F) {
	f.Add("MemTotal: 1 kB\n   0: 0100007F:075B 0 0A 0 0 0 0 0 4711\ncamera_auto_detect=1")
	f.Fuzz(func(t *testing.T, text string) {
		for line := range strings.Lines(text) {
			listener(line, 1883)
			isSensor(line)
		}
		root := tree(t, "/proc/meminfo", text, "/boot/config.txt", text, "/etc/os-release", text)
		memInfo(root, "MemTotal")
		ribbonConfig(root)
		osName(root)
	})
}
