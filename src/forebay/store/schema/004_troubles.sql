-- Why a step is refused (records/troubles.py), the counter before it, the largest step seen within it, and, where the
-- time is not known in full, the most that it can have been. fill_wh is then the least.
ALTER TABLE refused_steps ADD COLUMN reason TEXT NOT NULL DEFAULT 'jump';
ALTER TABLE refused_steps ADD COLUMN since_wh REAL;
ALTER TABLE refused_steps ADD COLUMN size_wh REAL;
ALTER TABLE refused_steps ADD COLUMN most_wh REAL;
ALTER TABLE refused_steps ADD COLUMN detail TEXT NOT NULL DEFAULT '';

UPDATE refused_steps SET size_wh = step_wh, reason = CASE WHEN step_wh < 0 THEN 'drop' ELSE 'jump' END;
