package main_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/inceptiond/inceptiond/infer/learn/store"
)

// ofNormal is the config of a camera that knows what is normal.
const ofNormal = `
device: wire-normal
mqtt: {broker: 'mqtt://%s', prefix: wire, qos: 1}
web: {listen: ''}
teach: {folder: teach}
models: {demo: {threads: 1}}
cameras:
  shots:
    source: files
    files: {paths: [shots], interval: 200ms}
    threshold: 0.3
    normal: {name: porch}
`

// normal has pictures that look as ever, and in between one that looks different.
func normal(t *testing.T) {
	address := freeAddress(t)
	startBroker(t, address)
	r, dir := record(t, address), t.TempDir()
	drawPNG(t, dir, "shots/1.png=disc", "shots/2.png=disc2", "shots/3.png=stripes", "shots/4.png=disc")
	porch, err := store.Open(filepath.Join(dir, "teach"), store.Limits{}).New("porch", store.Base{})
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(dir, "shots", "1.png"))
	if err != nil {
		t.Fatal(err)
	}
	for range 3 { // the same picture in other bytes
		data = append(data, 0)
		if _, _, err := porch.Add(store.Normal, "", data, store.Note{}); err != nil {
			t.Fatal(err)
		}
	}
	writeConfig(t, dir, fmt.Sprintf(ofNormal, address))
	p := startProgram(t, dir, "run", "-c", configName, "--output", "none")
	p.await(t, 0)
	r.await(t, "wire/status", "offline", 1)
	session{live: r.all(), kept: late(t, address)}.check(t, "normal")
}
