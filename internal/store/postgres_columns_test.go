package store

import (
	"bytes"
	"testing"

	"github.com/jackc/pgx/v5/pgtype"

	"swapnest/internal/chat"
)

// TestColumnsAreEncodedAsTheDriverDoes holds columns against the driver's own form of the same arrays.
func TestColumnsAreEncodedAsTheDriverDoes(t *testing.T) {
	ours, theirs := pgtype.NewMap(), pgtype.NewMap()
	knowColumns(ours)
	knowColumns(ours) // of a connection that is asked again
	for _, one := range []struct {
		oid           uint32
		column, plain any
	}{
		{pgtype.Int8ArrayOID, numbers[chat.Seq]{1, -2, 1<<63 - 1}, []int64{1, -2, 1<<63 - 1}},
		{pgtype.Int8ArrayOID, numbers[int64]{}, []int64{}},
		{pgtype.TextArrayOID, texts{"a", "", "ünï"}, []string{"a", "", "ünï"}},
		{pgtype.TextArrayOID, texts{}, []string{}},
		{pgtype.ByteaArrayOID, blobs{{1, 2}, {}, {0}}, [][]byte{{1, 2}, {}, {0}}},
		{pgtype.Int8ArrayOID, []int64{7}, []int64{7}}, // what is no column goes on as before
	} {
		before := []byte("before")
		got, err := ours.Encode(one.oid, pgtype.BinaryFormatCode, one.column, bytes.Clone(before))
		if err != nil {
			t.Errorf("%#v: %v", one.column, err)
		}
		want, err := theirs.Encode(one.oid, pgtype.BinaryFormatCode, one.plain, bytes.Clone(before))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%#v is % x, and the driver has % x", one.column, got, want)
		}
	}
}
