package main

import (
	"context"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/eclipse/paho.mqtt.golang/packets"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/capture/demo"
	"github.com/inceptiond/inceptiond/infer/model"
	"github.com/inceptiond/inceptiond/infer/model/write"
	"github.com/inceptiond/inceptiond/internal/testing/colours"
	"github.com/inceptiond/inceptiond/internal/testing/taught"
)

// TestMain makes the test binary stand in for inceptiond, so that scripts run the real main.
func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) != "inceptiond" {
		os.Setenv("XDG_CONFIG_HOME", "/nowhere") // whoever runs the tests may have a config file
	}
	testscript.Main(m, map[string]func(){"inceptiond": main})
}

func TestScript(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(e *testscript.Env) error { // where the spool goes
			e.Setenv("XDG_STATE_HOME", filepath.Join(e.WorkDir, "state"))
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"scene":    scriptScene,
			"freeport": scriptFreePort,
			"mute":     scriptMute,

			"smallbase":  scriptSmallBase,
			"smallfaces": scriptSmallFaces,
			"faceset":    scriptFaceSet,
			"teachset":   scriptTeachSet,
		},
	})
}

// scriptScene writes drawn scenes as PNG files: scene SEED FILE…
func scriptScene(ts *testscript.TestScript, _ bool, args []string) {
	seed, err := strconv.ParseUint(args[0], 10, 64)
	ts.Check(err)
	src, err := demo.Open(context.Background(), demo.Options{Seed: seed, Interval: 1})
	ts.Check(err)
	defer src.Close()
	var f capture.Frame
	for _, name := range args[1:] {
		ts.Check(src.Read(context.Background(), &f))
		file, err := os.Create(ts.MkAbs(name))
		ts.Check(err)
		ts.Check(png.Encode(file, rgbImage(&f)))
		ts.Check(file.Close())
	}
}

// rgbImage is an RGB24 frame as an image.
func rgbImage(f *capture.Frame) image.Image {
	img := image.NewRGBA(image.Rect(0, 0, f.Format.Width, f.Format.Height))
	for y := range f.Format.Height {
		row := f.Pix[y*f.Format.Stride:]
		for x := range f.Format.Width {
			img.SetRGBA(x, y, color.RGBA{row[3*x], row[3*x+1], row[3*x+2], 255})
		}
	}
	return img
}

// scriptFreePort puts a free loopback port into an environment variable: freeport NAME
func scriptFreePort(ts *testscript.TestScript, _ bool, args []string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	ts.Check(err)
	ts.Setenv(args[0], port)
}

// scriptMute runs a broker that answers who connects, and acknowledges no message: mute PORT. It listens at $PORT.
func scriptMute(ts *testscript.TestScript, _ bool, args []string) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	ts.Defer(func() { listener.Close() })
	ts.Setenv(args[0], strconv.Itoa(listener.Addr().(*net.TCPAddr).Port))
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go answerMutely(conn)
		}
	}()
}

// answerMutely speaks MQTT 3.1.1 with one client until that leaves.
func answerMutely(conn net.Conn) {
	defer conn.Close()
	for {
		packet, err := packets.ReadPacket(conn)
		if err != nil {
			return
		}
		switch p := packet.(type) {
		case *packets.ConnectPacket:
			answer := packets.NewControlPacket(packets.Connack).(*packets.ConnackPacket)
			if p.ProtocolVersion > 4 {
				answer.ReturnCode = packets.ErrRefusedBadProtocolVersion
			}
			answer.Write(conn)
		case *packets.SubscribePacket:
			answer := packets.NewControlPacket(packets.Suback).(*packets.SubackPacket)
			answer.MessageID, answer.ReturnCodes = p.MessageID, make([]byte, len(p.Topics))
			answer.Write(conn)
		case *packets.PingreqPacket:
			packets.NewControlPacket(packets.Pingresp).Write(conn)
		}
	}
}

// scriptSmallBase writes a small network that can be taught: smallbase FILE
func scriptSmallBase(ts *testscript.TestScript, _ bool, args []string) {
	data, err := write.Model(taught.Base(model.Uint8))
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), data, 0o644))
}

// scriptSmallFaces writes a model whose embeddings are the mean colour of a picture, as a direction: smallfaces FILE
func scriptSmallFaces(ts *testscript.TestScript, _ bool, args []string) {
	m := colours.Float(colours.Options{Ends: model.OpL2Normalization})
	m.Operators[len(m.Operators)-1].Options = model.L2Norm{}
	data, err := write.Model(m)
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), data, 0o644))
}

// scriptFaceSet writes pictures of three people, whom smallfaces tells apart, and which differ: faceset FOLDER N
func scriptFaceSet(ts *testscript.TestScript, _ bool, args []string) {
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	for person, at := range map[string]int{"anna": 0, "bert": 1, "cleo": 2} {
		folder := filepath.Join(ts.MkAbs(args[0]), person)
		ts.Check(os.MkdirAll(folder, 0o755))
		for i := range n {
			c := color.RGBA{A: 255}
			channels := []*uint8{&c.R, &c.G, &c.B}
			*channels[at], *channels[(at+1)%3], *channels[(at+2)%3] = 200, uint8(30+30*(i%5)), uint8(30+3*n)
			img := image.NewRGBA(image.Rect(0, 0, 16, 16))
			draw.Draw(img, img.Rect, image.NewUniform(c), image.Point{}, draw.Src)
			file, err := os.Create(filepath.Join(folder, strconv.Itoa(i)+".png"))
			ts.Check(err)
			ts.Check(png.Encode(file, img))
			ts.Check(file.Close())
		}
	}
}

// scriptTeachSet writes pictures of three classes that differ in colour, and from those of another N: teachset FOLDER N
func scriptTeachSet(ts *testscript.TestScript, _ bool, args []string) {
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	for class, tint := range map[string]color.RGBA{"red": {200, 30, 30, 255}, "green": {30, 200, 30, 255}, "blue": {30, 30, 200, 255}} {
		folder := filepath.Join(ts.MkAbs(args[0]), class)
		ts.Check(os.MkdirAll(folder, 0o755))
		for i := range n {
			img := image.NewRGBA(image.Rect(0, 0, 40, 40))
			for y := range 40 {
				for x := range 40 {
					c := tint
					if (x*(i+1)+y*n)/7%3 == 0 {
						c = color.RGBA{uint8(9 * i), uint8(5 * x), uint8(5 * y), 255}
					}
					img.SetRGBA(x, y, c)
				}
			}
			file, err := os.Create(filepath.Join(folder, strconv.Itoa(i)+".png"))
			ts.Check(err)
			ts.Check(png.Encode(file, img))
			ts.Check(file.Close())
		}
	}
}
