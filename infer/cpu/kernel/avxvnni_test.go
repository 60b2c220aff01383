//go:build linux && amd64 && !purego

package kernel

import (
	"encoding/binary"
	"math/rand/v2"
	"reflect"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"unsafe"

	"golang.org/x/sys/cpu"
)

// TestEmulatedVNNI runs the tiles of avxvnni on processors that lack its one instruction: each becomes a call of code that
// does the same with AVX2, on the registers that the instruction's own bytes say. All else runs as it is.
func TestEmulatedVNNI(t *testing.T) {
	switch {
	case cpu.X86.HasAVXVNNI:
		t.Skip("this processor has AVX-VNNI: TestTiles runs it")
	case !cpu.X86.HasAVX2:
		t.Skip("needs AVX2")
	}
	emulate(t, codeOf(t, tilesAVXVNNI))
	r := rand.New(rand.NewPCG(18, 1))
	for _, atEnd := range []bool{true, false} {
		for count := 1; count <= 13; count++ {
			for _, segment := range []int{1, 4, 7, 16, 33, 48} {
				c := tilesCase{avxvnniTiling(), r, atEnd, count, 1 + r.IntN(3), segment, Panel - r.IntN(2)*r.IntN(Panel), r.IntN(5)}
				c.test(t)
			}
		}
	}
}

// memory is n bytes of the process.
func memory(at uintptr, n int) []byte { return unsafe.Slice(*(**byte)(unsafe.Pointer(&at)), n) }

// codeOf is the code of all tiles, which lies before that of the assembly that jumps to them. f is what the compiler makes to
// call the latter.
func codeOf(t *testing.T, f func(*Tiles)) []byte {
	t.Helper()
	caller := reflect.ValueOf(f).Pointer()
	name := runtime.FuncForPC(caller).Name()
	for i, b := range memory(caller, 128) {
		next := caller + uintptr(i) + 5
		entry := next + uintptr(int32(binary.LittleEndian.Uint32(memory(next-4, 4))))
		if to := runtime.FuncForPC(entry); b != 0xE8 || to == nil || to.Name() != name || to.Entry() != entry {
			continue
		}
		first := entry
		for {
			before := runtime.FuncForPC(first - 1)
			if !strings.HasPrefix(before.Name(), "list") {
				return memory(first, int(entry-first))
			}
			first = before.Entry()
		}
	}
	t.Fatalf("%s calls no assembly", name)
	return nil
}

// emulate replaces every VPDPBUSD in code.
func emulate(t *testing.T, code []byte) {
	t.Helper()
	const instruction, room = 5, 1 << 14
	at := uintptr(unsafe.Pointer(&code[0]))
	mapped, _, errno := syscall.Syscall6(syscall.SYS_MMAP, at&^0xFFFF+64<<20, room,
		syscall.PROT_READ|syscall.PROT_WRITE|syscall.PROT_EXEC, syscall.MAP_PRIVATE|syscall.MAP_ANON, ^uintptr(0), 0)
	if distance := int64(mapped) - int64(at); errno != 0 || distance != int64(int32(distance)) {
		t.Skipf("no memory for code near the program's: %v", errno)
	}
	page := at &^ 0xFFF
	if err := syscall.Mprotect(memory(page, int(at-page)+len(code)), syscall.PROT_READ|syscall.PROT_WRITE|syscall.PROT_EXEC); err != nil {
		t.Skipf("code cannot be changed: %v", err)
	}
	made, count := memory(mapped, room)[:0], 0
	for i := 0; i+instruction <= len(code); i++ {
		c := code[i : i+instruction]
		if c[0] != 0xC4 || c[1]&0x1F != 2 || c[2]&0x87 != 5 || c[3] != 0x50 || c[4] < 0xC0 {
			continue
		}
		sums, x, w := int(c[4]>>3&7|^c[1]>>7<<3), int(^c[2]>>3&15), int(c[4]&7|^c[1]>>5&1<<3)
		target := mapped + uintptr(len(made))
		made = appendDot(made, sums, x, w)
		c[0] = 0xE8 // CALL
		binary.LittleEndian.PutUint32(c[1:], uint32(int64(target)-int64(at)-int64(i)-instruction))
		count++
	}
	want := 0
	for pixels := 1; pixels <= 6; pixels++ {
		want += 2 * pixels
	}
	if count != want {
		t.Fatalf("%d instructions (want %d)", count, want)
	}
}

// appendDot appends code that adds the products of unsigned bytes in register x and signed ones in w to sums, and returns.
// Even bytes are shifted up and down again, as words, odd ones down. Y15 and another register are kept on the stack.
func appendDot(code []byte, sums, x, w int) []byte {
	y, z := 15, 0
	if sums == 0 {
		z = 1
	}
	const left, logical, arithmetic = 6, 2, 4 // of a shift of words
	vex := func(prefix, op, reg, second, rm int) {
		code = append(code, 0xC4, byte((1-reg/8)<<7|1<<6|(1-rm/8)<<5|1), byte((15-second)<<3|1<<2|prefix), byte(op), byte(3<<6|reg%8<<3|rm%8))
	}
	shift := func(how, dst, src int) {
		vex(1, 0x71, how, dst, src)
		code = append(code, 8)
	}
	stack := func(op, reg, at int) { // VMOVDQU
		code = append(code, 0xC4, byte((1-reg/8)<<7|3<<5|1), 15<<3|1<<2|2, byte(op), byte(1<<6|reg%8<<3|4), 0x24, byte(at))
	}
	code = append(code, 0x48, 0x8D, 0x64, 0x24, 0xB8) // LEAQ -72(SP), SP
	stack(0x7F, y, 0)
	stack(0x7F, z, 32)
	shift(left, y, x)
	shift(logical, y, y)
	shift(left, z, w)
	shift(arithmetic, z, z)
	vex(1, 0xF5, y, y, z)       // VPMADDWD
	vex(1, 0xFE, sums, sums, y) // VPADDD
	shift(logical, y, x)
	shift(arithmetic, z, w)
	vex(1, 0xF5, y, y, z)
	vex(1, 0xFE, sums, sums, y)
	stack(0x6F, y, 0)
	stack(0x6F, z, 32)
	return append(code, 0x48, 0x8D, 0x64, 0x24, 0x48, 0xC3) // LEAQ 72(SP), SP; RET
}
