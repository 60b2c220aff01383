package config

import (
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
)

const day = 24 * time.Hour

var sunWord = regexp.MustCompile(`(?i)sun(rise|set)`)

// automation checks what decides and switches; the other sections have been checked by then.
func (k *checker) automation(c *Config) {
	for _, name := range slices.Sorted(maps.Keys(c.Cameras)) {
		key := join("cameras", name)
		k.decision(key+".decision", c, name)
		k.frames(key, c, name)
		if s := c.Cameras[name].Snapshot; s != nil {
			k.snapshot(key+".snapshot", s)
		}
	}
	if l := c.Location; l != nil {
		k.degrees("location.latitude", l.Latitude, 90)
		k.degrees("location.longitude", l.Longitude, 180)
	}
	if c.Governor.Limit != 0 {
		within(k, "governor.limit", c.Governor.Limit, 30, 110)
	}
	k.gpio(c)
	k.metrics(&c.Metrics)
}

// degrees checks a half of a location, which has no default.
func (k *checker) degrees(key string, v, limit float64) {
	if math.IsNaN(v) {
		k.fail(key, "is missing (a location has both, in degrees: {latitude: 52.52, longitude: 13.405})")
		return
	}
	within(k, key, v, -limit, limit)
}

// decision checks a camera's decision; that its classes are the model's is for others to see.
func (k *checker) decision(key string, c *Config, camera string) {
	d := c.Cameras[camera].Decision
	within(k, key+".enter", d.Enter, 0, 1)
	within(k, key+".leave", d.Leave, 0, 1)
	if d.Leave > d.Enter {
		k.fail(key+".leave", "%v is above enter, %v (want at most that: what is decided stays longer than it takes to decide it)", d.Leave, d.Enter)
	}
	within(k, key+".margin", d.Margin, 0, 1)
	need, window := c.Votes(camera)
	switch {
	case d.Window < 0 || d.Window > 100:
		within(k, key+".window", d.Window, 0, 100)
	case d.Window == 0 && d.Need != 0:
		k.fail(key+".need", "%d of how many? (write window beside need, or neither of them)", d.Need)
	case d.Window != 0 && d.Need == 0:
		k.fail(key+".window", "how many of %d? (write need beside window, or neither of them)", d.Window)
	default:
		k.votes(key+".need", need, window)
	}
	within(k, key+".dwell", d.Dwell, 0, day)
	within(k, key+".cooldown", d.Cooldown, 0, day)
	within(k, key+".hold", d.Hold, 0, day)
	k.oneOf(key+".others", d.Others, "keep", "ignore")
	k.words(key+".ignore", d.Ignore)
	for _, name := range slices.Sorted(maps.Keys(d.Groups)) {
		k.label(join(key+".groups", name), name)
		if len(d.Groups[name]) == 0 {
			k.fail(join(key+".groups", name), "is empty (write which classes belong to it, or remove it)")
		}
		k.words(join(key+".groups", name), d.Groups[name])
	}
	for _, name := range slices.Sorted(maps.Keys(d.Classes)) {
		k.label(join(key+".classes", name), name)
		k.class(join(key+".classes", name), d.Classes[name], d, window)
	}
}

// class checks what is different for one class.
func (k *checker) class(key string, own ClassDecision, all Decision, window int) {
	enter, leave := all.Enter, all.Leave
	if own.Enter != nil {
		enter = *own.Enter
		within(k, key+".enter", enter, 0, 1)
	}
	if own.Leave != nil {
		leave = *own.Leave
		within(k, key+".leave", leave, 0, 1)
	}
	if own.Leave != nil && leave > enter {
		k.fail(key+".leave", "%v is above enter, %v (want at most that)", leave, enter)
	}
	if own.Need != nil {
		k.votes(key+".need", *own.Need, window)
	}
	if own.Dwell != nil {
		within(k, key+".dwell", *own.Dwell, 0, day)
	}
	if own.Cooldown != nil {
		within(k, key+".cooldown", *own.Cooldown, 0, day)
	}
}

// votes checks that two classes cannot change places for ever: more than half must agree.
func (k *checker) votes(key string, need, window int) {
	least := min((window+1)/2+1, window)
	switch {
	case need > window:
		k.fail(key, "%d of %d is not possible (want %s)", need, window, fromTo(least, window))
	case need < least:
		k.fail(key, "%d of %d is not possible (want %s: with fewer, two classes could change places for ever)",
			need, window, fromTo(least, window))
	}
}

func fromTo(a, b int) string {
	if a == b {
		return fmt.Sprint(a)
	}
	return fmt.Sprintf("%d to %d", a, b)
}

func (k *checker) words(key string, words []Word) {
	for i, w := range words {
		k.label(fmt.Sprintf("%s[%d]", key, i), string(w))
	}
}

// label checks what may be the name of a class.
func (k *checker) label(key, name string) {
	if strings.TrimSpace(name) == "" || len(name) > 255 || strings.ContainsFunc(name, unicode.IsControl) {
		k.fail(key, "%s cannot be the name of a class (want 1 to 255 bytes of printable text)", quote(name))
	}
}

// frames checks which frames of a camera are used, and what of them.
func (k *checker) frames(key string, c *Config, camera string) {
	cam := c.Cameras[camera]
	source := cam
	if cam.Source == SourceView && cam.View != nil {
		source = c.Cameras[cam.View.Of]
	}
	k.polygons(key+".mask", cam.Mask)
	if cam.Source == SourceView && len(cam.Mask) > 0 {
		k.fail(key+".mask", "belongs to the camera, for all of its views (set it in %s, or remove it)", join("cameras", cam.View.Of))
	}
	k.oneOf(key+".without_clock", cam.WithoutClock, "open", "closed")
	if slices.ContainsFunc(cam.Hours, sunWord.MatchString) && c.Location == nil {
		k.fail(key+".hours", "sunrise and sunset depend on where the machine is (add location: {latitude: 52.52, longitude: 13.405} with yours)")
	}
	for name, set := range map[string]bool{"hours": len(cam.Hours) > 0, "gate": cam.Gate != nil} {
		if set && source.Source == SourceFiles {
			k.fail(key+"."+name, "cannot stand with files, of which every picture is classified (remove it)")
		}
	}
	if cam.Gate != nil {
		k.gate(key+".gate", cam.Gate, c.GPIO.Inputs)
	}
}

func (k *checker) gate(key string, g *Gate, inputs map[string]GPIOInput) {
	within(k, key+".linger", g.Linger, 0, day)
	within(k, key+".refresh", g.Refresh, 0, day)
	within(k, key+".threshold", g.Threshold, 1, 255)
	within(k, key+".area", g.Area, 0.0001, 1)
	within(k, key+".frames", g.Frames, 1, 100)
	within(k, key+".light", g.Light, 0.01, 1)
	if g.Light < g.Area {
		k.fail(key+".light", "%v is below area, %v (want more: a change of light is larger than motion)", g.Light, g.Area)
	}
	within(k, key+".learn", g.Learn, time.Second, day)
	k.polygons(key+".mask", g.Mask)
	names := slices.Sorted(maps.Keys(inputs))
	for i, t := range g.Triggers {
		key := fmt.Sprintf("%s.triggers[%d]", key, i)
		switch {
		case slices.Contains(names, t):
		case len(names) == 0:
			k.fail(key, "there is no input %s (add it to gpio.inputs)", quote(t))
		default:
			k.fail(key, "there is no input %s (%s)", quote(t), choice(t, names))
		}
	}
}

func (k *checker) polygons(key string, list []Polygon) {
	for i, p := range list {
		key := fmt.Sprintf("%s[%d]", key, i)
		switch {
		case len(p)%2 != 0:
			k.fail(key, "has %d numbers (want pairs: x1, y1, x2, y2, …)", len(p))
		case len(p) < 6:
			k.fail(key, "has %d numbers (want 3 points or more: x1, y1, x2, y2, x3, y3)", len(p))
		}
		for j, x := range p {
			if !(x >= 0 && x <= 1) {
				k.fail(key, "%v is out of range (want 0 to 1: fractions of the upright frame)", p[j])
				break
			}
		}
	}
}

func (k *checker) snapshot(key string, s *Snapshot) {
	k.words(key+".classes", s.Classes)
	k.oneOf(key+".picture", s.Picture, "frame", "region")
	within(k, key+".width", s.Width, 16, 8192)
	within(k, key+".quality", s.Quality, 1, 100)
	within(k, key+".interval", s.Interval, 0, day)
	within(k, key+".max_bytes", s.MaxBytes, 4<<10, 16<<20)
	within(k, key+".keep.max_files", s.Keep.MaxFiles, 1, 1_000_000)
	within(k, key+".keep.max_bytes", s.Keep.MaxBytes, 64<<10, 1<<40)
	within(k, key+".keep.max_age", s.Keep.MaxAge, time.Minute, 3660*day)
	within(k, key+".budget", s.Budget, 64<<10, 1<<40)
	if s.Retain && !s.MQTT {
		k.fail(key+".retain", "is about MQTT, which mqtt: false does not use (set mqtt: true, or remove it)")
	}
	if s.Why && !s.MQTT {
		k.fail(key+".why", "is about MQTT, which mqtt: false does not use (set mqtt: true, or remove it)")
	}
}

func (k *checker) gpio(c *Config) {
	lines := map[string]string{} // to the pin that has it
	line := func(key string, l Word) {
		switch other := lines[string(l)]; {
		case l == "":
			k.fail(key+".line", "no line given (write its name or number: GPIO17)")
		case other != "":
			k.fail(key+".line", "%s has the same (a line has one use)", other)
		}
		lines[string(l)] = key
	}
	for _, name := range slices.Sorted(maps.Keys(c.GPIO.Inputs)) {
		in, key := c.GPIO.Inputs[name], join("gpio.inputs", name)
		k.name(key, name)
		line(key, in.Line)
		k.oneOf(key+".pull", in.Pull, "none", "up", "down", "keep")
		within(k, key+".debounce", in.Debounce, 0, time.Minute)
	}
	for _, name := range slices.Sorted(maps.Keys(c.GPIO.Outputs)) {
		out, key := c.GPIO.Outputs[name], join("gpio.outputs", name)
		k.name(key, name)
		line(key, out.Line)
		k.output(key, out, slices.Sorted(maps.Keys(c.Cameras)))
	}
}

func (k *checker) output(key string, out GPIOOutput, cameras []string) {
	k.oneOf(key+".safe", out.Safe, "off", "on")
	k.oneOf(key+".mode", out.Mode, ModeFollow, ModePulse, ModeHeartbeat)
	within(k, key+".length", out.Length, time.Millisecond, day)
	within(k, key+".rest", out.Rest, 0, day)
	within(k, key+".at_most", out.AtMost, 0, 30*day)
	if out.AtMost > 0 && out.Safe == "on" {
		k.fail(key+".at_most", "cannot stand with safe: on, which is what the output has afterwards (remove one of them)")
	}
	k.words(key+".classes", out.Classes)
	if slices.Contains([]string{ModeFollow, ModePulse, ModeHeartbeat}, out.Mode) {
		k.modeOnly(key, out)
	}
	if out.Mode == ModeHeartbeat {
		return
	}
	switch {
	case out.Camera == "":
		k.fail(key+".camera", "no camera given (write whose decisions switch it)")
	case !slices.Contains(cameras, out.Camera):
		k.fail(key+".camera", "there is no camera %s (%s)", quote(out.Camera), choice(out.Camera, cameras))
	}
	if len(out.Classes) == 0 {
		k.fail(key+".classes", "no class given (write which ones switch it)")
	}
}

// modeOnly checks that nothing is set that the mode of an output does not use. A default may be written anywhere.
func (k *checker) modeOnly(key string, out GPIOOutput) {
	usual := *withDefaults(&GPIOOutput{})
	decided, pulse := []string{ModeFollow, ModePulse}, []string{ModePulse}
	for _, f := range []struct {
		name  string
		set   bool
		modes []string
	}{
		{"camera", out.Camera != "", decided},
		{"classes", len(out.Classes) > 0, decided},
		{"length", out.Length != usual.Length, pulse},
		{"rest", out.Rest != usual.Rest, decided},
		{"at_most", out.AtMost != usual.AtMost, decided},
	} {
		if f.set && !slices.Contains(f.modes, out.Mode) {
			k.fail(key+"."+f.name, "is for mode %s, but mode is %s (remove one of them)", list(f.modes), out.Mode)
		}
	}
}

func (k *checker) metrics(m *Metrics) {
	if m.Listen != "" {
		k.hostAndPort("metrics.listen", m.Listen, "127.0.0.1:9273")
	}
	if m.TextFile != "" && !strings.HasSuffix(m.TextFile, ".prom") {
		k.fail("metrics.textfile", "%s does not end with .prom (node_exporter reads no others)", quote(m.TextFile))
	}
	within(k, "metrics.interval", m.Interval, time.Second, time.Hour)
}

// homeAssistant checks the part of mqtt that is about it, and what subscribers may.
func (k *checker) homeAssistant(m *MQTT) {
	within(k, "mqtt.report", m.Report, 0, day)
	if m.Report > 0 && m.Report < time.Second {
		k.fail("mqtt.report", "%v is too often (want 1s or more, or 0s for none)", m.Report)
	}
	for i, word := range m.Commands {
		k.oneOf(fmt.Sprintf("mqtt.commands[%d]", i), word, "pause", "enter", "classify", "trigger", "snapshot", "teach", "train")
	}
	for key, topic := range map[string]string{"prefix": m.HomeAssistant.Prefix, "status_topic": m.HomeAssistant.StatusTopic} {
		key = "mqtt.homeassistant." + key
		if topic == "" {
			k.fail(key, "is empty (want homeassistant, or what Home Assistant has)")
			continue
		}
		k.topic(key, topic)
	}
	if m.HomeAssistant.Enabled && m.Broker.Is(BrokerOff) {
		k.fail("mqtt.homeassistant.enabled", "needs a broker, but mqtt.broker is off")
	}
}
