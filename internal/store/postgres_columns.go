package store

import (
	"encoding/binary"

	"github.com/jackc/pgx/v5/pgtype"
)

// A batch travels to PostgreSQL as arrays, one for each column. These encode themselves in one go: the
// driver looks at each element by reflection, which costs more than the rest of what a batch costs here.
type (
	numbers[T ~int64] []T
	texts             []string
	blobs             [][]byte
)

// column is an array that encodes itself in the binary form.
type column interface{ encode(buf []byte) []byte }

// encode implements column.
func (n numbers[T]) encode(buf []byte) []byte {
	buf = arrayHead(buf, len(n), 12*len(n), pgtype.Int8OID)
	for _, v := range n {
		buf = binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint32(buf, 8), uint64(v)) //nolint:gosec // its bits
	}
	return buf
}

// encode implements column.
func (t texts) encode(buf []byte) []byte {
	size := 4 * len(t)
	for _, s := range t {
		size += len(s)
	}
	buf = arrayHead(buf, len(t), size, pgtype.TextOID)
	for _, s := range t {
		buf = append(binary.BigEndian.AppendUint32(buf, uint32(len(s))), s...) //nolint:gosec // texts are short
	}
	return buf
}

// encode implements column.
func (b blobs) encode(buf []byte) []byte {
	size := 4 * len(b)
	for _, d := range b {
		size += len(d)
	}
	buf = arrayHead(buf, len(b), size, pgtype.ByteaOID)
	for _, d := range b {
		buf = append(binary.BigEndian.AppendUint32(buf, uint32(len(d))), d...) //nolint:gosec // digests are short
	}
	return buf
}

// arrayHead begins an array of n elements without NULL, and makes room for size bytes of them.
func arrayHead(buf []byte, n, size int, element uint32) []byte {
	const head = 20
	if need := len(buf) + head + size; cap(buf) < need {
		buf = append(make([]byte, 0, max(need, 2*cap(buf))), buf...)
	}
	buf = binary.BigEndian.AppendUint32(buf, 1) // dimension
	buf = binary.BigEndian.AppendUint32(buf, 0) // no NULL
	buf = binary.BigEndian.AppendUint32(buf, element)
	buf = binary.BigEndian.AppendUint32(buf, uint32(n)) //nolint:gosec // batchCap, and some more
	return binary.BigEndian.AppendUint32(buf, 1)        // where it begins to count
}

// columnCodec is the driver's for an array, which knows columns as well.
type columnCodec struct{ pgtype.Codec }

// PlanEncode implements pgtype.Codec.
func (c columnCodec) PlanEncode(m *pgtype.Map, oid uint32, format int16, value any) pgtype.EncodePlan {
	if _, ok := value.(column); ok && format == pgtype.BinaryFormatCode {
		return columnPlan{}
	}
	return c.Codec.PlanEncode(m, oid, format, value)
}

type columnPlan struct{}

// Encode implements pgtype.EncodePlan.
func (columnPlan) Encode(value any, buf []byte) ([]byte, error) {
	return value.(column).encode(buf), nil //nolint:forcetypeassert // PlanEncode has looked
}

// knowColumns has a connection take columns as arguments.
func knowColumns(m *pgtype.Map) {
	for _, oid := range []uint32{pgtype.Int8ArrayOID, pgtype.TextArrayOID, pgtype.ByteaArrayOID} {
		if t, ok := m.TypeForOID(oid); ok {
			if _, known := t.Codec.(columnCodec); !known {
				m.RegisterType(&pgtype.Type{Name: t.Name, OID: t.OID, Codec: columnCodec{t.Codec}})
			}
		}
	}
}
