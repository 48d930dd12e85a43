-- How each plug has let us in so far becomes a document of its own: what was configured and read before
-- goes on as it was, and what answers with less is not believed from now on. Plugs that this database
-- does not know have none: securePassthrough is then used at their owner's word only.
INSERT OR IGNORE INTO doc (device, kind, t_ms, body)
SELECT device, 'login', coalesce(t_ms, 0), json_object('transport', link ->> 'transport',
	'account', json(iif(link ->> 'transport' = 'aes', 'false', 'true')))
FROM live
WHERE json_valid(link) AND link ->> 'transport' IN ('aes', 'klap1', 'klap', 'tpap')
	AND link ->> 'readings' > 0 AND NOT coalesce(link ->> 'built_in', 0);
