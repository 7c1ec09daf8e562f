package store

import (
	"database/sql"
	"fmt"
)

// collect scans all rows into values and closes them.
func collect[T any](rows *sql.Rows, fields func(*T) []any) ([]T, error) {
	defer rows.Close()
	var all []T
	for rows.Next() {
		var none T
		all = append(all, none)
		if err := rows.Scan(fields(&all[len(all)-1])...); err != nil {
			return nil, fmt.Errorf("scan: %w", err)
		}
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read rows: %w", err)
	}
	return all, nil
}
