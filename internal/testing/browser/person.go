package browser

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/dom"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// Point is a place in the window, in CSS pixels.
type Point struct{ X, Y float64 }

// Element is what a person perceives of an element: its role and its name.
type Element struct {
	Role, Name string
	id         cdp.BackendNodeID
}

// All lists what has a role and is not hidden, in the order of the page.
func (tab *Tab) All(role string) []Element {
	tab.t.Helper()
	return run(tab, elements(role))
}

func elements(role string) chromedp.Action[[]Element] {
	return func(ctx context.Context, t *chromedp.Target) ([]Element, error) {
		document, err := cdp.Call(ctx, t, runtime.Evaluate, runtime.EvaluateParams{Expression: "document"})
		if err != nil {
			return nil, err
		}
		defer cdp.Call(ctx, t, runtime.ReleaseObject, runtime.ReleaseObjectParams{ObjectID: document.Result.ObjectID})
		found, err := cdp.Call(ctx, t, accessibility.QueryAXTree, accessibility.QueryAXTreeParams{ObjectID: document.Result.ObjectID, Role: role})
		if err != nil {
			return nil, err
		}
		var list []Element
		for _, node := range found.Nodes {
			if !node.Ignored && node.Name != nil {
				var name string
				fmt.Sscanf(string(node.Name.Value), "%q", &name)
				list = append(list, Element{role, name, node.BackendDOMNodeID})
			}
		}
		return list, nil
	}
}

// Find waits for the one element with that role and name, and returns it.
func (tab *Tab) Find(role, name string) Element {
	tab.t.Helper()
	var found Element
	tab.wait(fmt.Sprintf("the %s %q", role, name), func() (bool, error) {
		list, err := try(tab, elements(role))
		if err != nil {
			return false, err
		}
		var names []string
		n := 0
		for _, e := range list {
			names = append(names, e.Name)
			if e.Name == name {
				found = e
				n++
			}
		}
		if n != 1 {
			return false, fmt.Errorf("there are %d, and these of the role: %q", n, names)
		}
		return true, nil
	})
	return found
}

// Has says whether there is an element with that role and name now.
func (tab *Tab) Has(role, name string) bool {
	tab.t.Helper()
	for _, e := range tab.All(role) {
		if e.Name == name {
			return true
		}
	}
	return false
}

// within runs a JavaScript function with the element as this.
func within[T any](e Element, function string, args ...any) chromedp.Action[T] {
	return func(ctx context.Context, t *chromedp.Target) (v T, err error) {
		node, err := cdp.Call(ctx, t, dom.ResolveNode, dom.ResolveNodeParams{BackendNodeID: e.id})
		if err != nil {
			return v, err
		}
		this := node.Object.ObjectID
		defer cdp.Call(ctx, t, runtime.ReleaseObject, runtime.ReleaseObjectParams{ObjectID: this})
		return chromedp.CallFunctionOn[T](function, func(p *runtime.CallFunctionOnParams) { p.ObjectID = this }, args...)(ctx, t)
	}
}

// Within is what a JavaScript function gives that has the element as this.
func Within[T any](tab *Tab, e Element, function string, args ...any) T {
	tab.t.Helper()
	return run(tab, within[T](e, function, args...))
}

// middle brings an element into the window, and is the middle of what can be seen of it. An element that something else
// covers is an error, as a person could not hit it.
const middle = `function() {
	this.scrollIntoView({ block: "nearest", inline: "nearest", behavior: "instant" });
	const hits = (box) => {
		const x = box.left + box.width / 2, y = box.top + box.height / 2;
		const hit = document.elementFromPoint(x, y);
		if (hit && (hit === this || this.contains(hit) || [...(this.labels || [])].some((l) => l.contains(hit)))) return { x, y };
	};
	let at = hits(this.getBoundingClientRect());
	if (!at) {
		this.scrollIntoView({ block: "center", inline: "center", behavior: "instant" });
		at = hits(this.getBoundingClientRect());
	}
	if (!at) throw new Error("it is covered");
	return at;
}`

// aim waits until an element can be hit, and says where.
func (tab *Tab) aim(role, name string) Point {
	tab.t.Helper()
	return tab.aimAt(role, name, func(is string) bool { return is == name })
}

// aimAt is aim for the first element whose name fits.
func (tab *Tab) aimAt(role, what string, fits func(name string) bool) Point {
	tab.t.Helper()
	var at Point
	tab.wait(fmt.Sprintf("hit the %s %q", role, what), func() (bool, error) {
		list, err := try(tab, elements(role))
		if err != nil {
			return false, err
		}
		for _, e := range list {
			if fits(e.Name) {
				p, err := try(tab, within[map[string]float64](e, middle))
				at = Point{p["x"], p["y"]}
				return err == nil, err
			}
		}
		return false, fmt.Errorf("there is none among %d", len(list))
	})
	return at
}

// Click clicks an element with the mouse.
func (tab *Tab) Click(role, name string) {
	tab.t.Helper()
	p := tab.aim(role, name)
	run(tab, chromedp.MouseClickXY(p.X, p.Y))
}

// Tap touches an element with a finger.
func (tab *Tab) Tap(role, name string) {
	tab.t.Helper()
	p := tab.aim(role, name)
	run(tab, chromedp.TapXY(p.X, p.Y))
}

// Drag moves the mouse from one place to another with its left button down.
func (tab *Tab) Drag(from, to Point) {
	tab.t.Helper()
	run(tab, chromedp.DragAndDropXY(from.X, from.Y, to.X, to.Y, 8))
}

// rest is how long a finger is away after a swipe: Chromium takes one that comes sooner for the end of a fling, and no tap.
const rest = 500 * time.Millisecond

// Swipe moves a finger from one place to another.
func (tab *Tab) Swipe(from, to Point) {
	tab.t.Helper()
	const steps = 8
	tab.touch(input.DispatchTouchEventTypeTouchStart, from)
	for i := 1.0; i <= steps; i++ {
		tab.touch(input.DispatchTouchEventTypeTouchMove, Point{from.X + (to.X-from.X)*i/steps, from.Y + (to.Y-from.Y)*i/steps})
	}
	tab.touch(input.DispatchTouchEventTypeTouchEnd)
	time.Sleep(rest)
}

func (tab *Tab) touch(kind input.DispatchTouchEventType, points ...Point) {
	tab.t.Helper()
	params := input.DispatchTouchEventParams{Type: kind, TouchPoints: []*input.TouchPoint{}}
	one, finger := 1.0, 0.0
	for _, p := range points {
		params.TouchPoints = append(params.TouchPoints, &input.TouchPoint{X: p.X, Y: p.Y, RadiusX: &one, RadiusY: &one, Force: &one, ID: &finger})
	}
	call(tab, input.DispatchTouchEvent, params)
}

// Press presses keys one after the other, those of package kb or letters.
func (tab *Tab) Press(keys string, modifiers ...kb.Modifier) {
	tab.t.Helper()
	run(tab, chromedp.KeyEvent(keys, chromedp.KeyModifiers(modifiers...)))
}

// Fill puts a text in the place of what a field has: it clicks the field, chooses all, and types.
func (tab *Tab) Fill(name, text string) {
	tab.t.Helper()
	tab.FillRole("textbox", name, text)
}

// FillRole is Fill for a field of another role: "spinbutton" is one for numbers.
func (tab *Tab) FillRole(role, name, text string) {
	tab.t.Helper()
	tab.Click(role, name)
	tab.Press("a", chromedp.ModifierCtrl)
	tab.Press("\u007f")
	call(tab, input.InsertText, input.InsertTextParams{Text: text})
}

// Choose chooses an option of a list by what it says.
func (tab *Tab) Choose(name, option string) {
	tab.t.Helper()
	e := tab.Find("combobox", name)
	tab.wait(fmt.Sprintf("the option %q of %q", option, name), func() (bool, error) {
		return try(tab, within[bool](e, `function(option) {
			const i = [...this.options].findIndex((o) => o.text.trim() === option);
			if (i < 0) return false;
			this.focus();
			this.selectedIndex = i;
			this.dispatchEvent(new Event("input", { bubbles: true }));
			this.dispatchEvent(new Event("change", { bubbles: true }));
			return true;
		}`, option))
	})
}

// Tab presses the key Tab until the element with that role and name has the focus: how a person without a mouse gets there.
func (tab *Tab) Tab(role, name string) {
	tab.t.Helper()
	e := tab.Find(role, name)
	for range 400 {
		if Within[bool](tab, e, "function() { return document.activeElement === this }") {
			return
		}
		tab.Press("\t")
	}
	tab.t.Fatalf("the key Tab does not lead to the %s %q", role, name)
}

// Inside waits for what a JavaScript expression gives in the frame of the page whose address has a part, wherever it comes from.
func Inside[T any](tab *Tab, part, expression string) (v T) {
	tab.t.Helper()
	tab.wait("the frame of "+part, func() (bool, error) {
		var err error
		v, err = try(tab, inside[T](part, expression))
		return err == nil, err
	})
	return v
}

func inside[T any](part, expression string) chromedp.Action[T] {
	return func(ctx context.Context, t *chromedp.Target) (v T, err error) {
		tree, err := cdp.Call(ctx, t, page.GetFrameTree, cdp.Empty{})
		if err != nil {
			return v, err
		}
		for _, f := range tree.FrameTree.ChildFrames {
			if !strings.Contains(f.Frame.URL, part) {
				continue
			}
			world, err := cdp.Call(ctx, t, page.CreateIsolatedWorld, page.CreateIsolatedWorldParams{FrameID: f.Frame.ID})
			if err != nil {
				return v, err
			}
			here := func(p *runtime.EvaluateParams) { p.ContextID = world.ExecutionContextID }
			return chromedp.Evaluate[T](expression, here, chromedp.EvalAwaitPromise)(ctx, t)
		}
		return v, fmt.Errorf("there is none among %d", len(tree.FrameTree.ChildFrames))
	}
}
