package webtest

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"math/rand/v2"
)

// scene is what a picture that is taught shows: a gate that is open or shut, or a garage with a car or empty.
type scene struct {
	of    string
	light int // how bright it is, and of what colour: equal ones look almost the same
	shake int // by how much it is moved, pixels
}

const sceneWidth, sceneHeight = 240, 180

// jpeg draws the scene.
func (s scene) jpeg() []byte {
	m := image.NewRGBA(image.Rect(0, 0, sceneWidth, sceneHeight))
	light := rand.New(rand.NewPCG(uint64(s.light), 1))
	bright, warm := 0.45+0.55*light.Float64(), 0.9+0.2*light.Float64()
	left, top := light.IntN(20)+s.shake, light.IntN(10)
	for y := range sceneHeight {
		for x := range sceneWidth {
			c := s.at(x-left, y-top)
			m.SetRGBA(x, y, color.RGBA{lit(c.R, bright*warm), lit(c.G, bright), lit(c.B, bright/warm), 255})
		}
	}
	var out bytes.Buffer
	if err := jpeg.Encode(&out, m, &jpeg.Options{Quality: 80}); err != nil {
		panic(err) // such a picture can be encoded
	}
	return out.Bytes()
}

func lit(c uint8, light float64) uint8 { return uint8(min(255, float64(c)*light)) }

// Colours of the scenes.
var (
	sky, grass, path = color.RGBA{178, 205, 230, 255}, color.RGBA{96, 138, 84, 255}, color.RGBA{190, 180, 165, 255}
	wood, stone      = color.RGBA{122, 82, 48, 255}, color.RGBA{150, 148, 150, 255}
	wall, floor, car = color.RGBA{206, 200, 188, 255}, color.RGBA{128, 126, 124, 255}, color.RGBA{168, 40, 44, 255}
)

// at is the colour of a point.
func (s scene) at(x, y int) color.RGBA {
	switch s.of {
	case "car", "empty":
		return s.garage(x, y)
	case "anna", "ben":
		return s.face(x, y)
	}
	post := (x > 40 && x < 54 || x > 176 && x < 190) && y > 48 && y < 150
	shut := s.of != "open" && x >= 54 && x <= 176 && y > 66 && y < 142 && (x%12 < 7 || y > 78 && y < 86 || y > 122 && y < 130)
	open := s.of == "open" && x >= 54 && x < 78 && y > 60+(x-54)/3 && y < 148-(x-54)/3 && (x%5 < 3 || y < 74)
	switch {
	case post:
		return stone
	case shut, open:
		return wood
	case y < 70:
		return sky
	case y > 70+abs(x-115)*2/3, y > 150:
		return path
	}
	return grass
}

func (s scene) garage(x, y int) color.RGBA {
	body := x > 58 && x < 184 && y > 92 && y < 140 || x > 84 && x < 158 && y > 62 && y <= 92
	wheel := (x-86)*(x-86)+(y-140)*(y-140) < 220 || (x-156)*(x-156)+(y-140)*(y-140) < 220
	switch {
	case s.of == "car" && wheel:
		return color.RGBA{30, 30, 32, 255}
	case s.of == "car" && body:
		return car
	case y > 128:
		return floor
	case x%48 == 0:
		return stone
	}
	return wall
}

func abs(x int) int { return max(x, -x) }

// face is a face like any other, with hair of its own.
func (s scene) face(x, y int) color.RGBA {
	within := func(cx, cy, rx, ry int) bool { return (x-cx)*(x-cx)*ry*ry+(y-cy)*(y-cy)*rx*rx < rx*rx*ry*ry }
	hair := map[string]color.RGBA{"anna": {150, 70, 30, 255}, "ben": {60, 52, 48, 255}}[s.of]
	switch {
	case within(96, 92, 6, 5), within(140, 92, 6, 5), within(118, 132, 16, 4):
		return color.RGBA{60, 40, 40, 255}
	case within(118, 105, 44, 56) && y > 70:
		return color.RGBA{224, 178, 150, 255}
	case within(118, 92, 54, 58) && y < 100, s.of == "anna" && within(118, 120, 58, 60):
		return hair
	}
	return wall
}
