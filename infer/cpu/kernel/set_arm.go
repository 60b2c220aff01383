//go:build !purego

package kernel

import "golang.org/x/sys/cpu"

// table lists the sets for 32-bit Arm, of which not every processor has NEON (Raspberry Pi 1 and Zero).
func table() []candidate {
	return []candidate{
		{"neon", []feature{{"NEON", cpu.ARM.HasNEON}}, neon},
		plain,
	}
}

// neon is the set for Cortex-A7 and later ones (Raspberry Pi 2, 3 and Zero 2 with a 32-bit system).
func neon() *Set {
	s := Plain()
	s.Name, s.Tiling = "neon", neonTiling()
	return s
}
