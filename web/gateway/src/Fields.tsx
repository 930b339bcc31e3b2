/** The fields of an action: one labelled control each, prefilled from what the gateway says. */

import type { Gateway } from "./api";
import type { Field, Option, Reads, Value, Values } from "./model";

interface FieldsProps {
  id: string;
  fields: readonly Field[];
  values: Values;
  reads: Reads;
  gateway: Gateway;
  onChange: (name: string, value: Value) => void;
}

export function Fields({ id, fields, values, reads, gateway, onChange }: FieldsProps) {
  return (
    <div class="fields">
      {fields.map((field) => (
        <OneField
          key={field.name}
          id={`${id}-${field.name}`}
          field={field}
          value={values[field.name] ?? ""}
          options={optionsFor(field, reads, gateway, values[field.name])}
          onChange={(value) => onChange(field.name, value)}
        />
      ))}
    </div>
  );
}

/** What may be chosen; what is set now may always be kept. */
export function optionsFor(field: Field, reads: Reads, gateway: Gateway, now: Value | undefined): readonly Option[] {
  const { options } = field;
  if (!options) return [];
  const found =
    typeof options === "function"
      ? options(reads)
      : "of" in options
        ? (gateway.facts.choices[options.of] ?? []).map((word) => ({ value: word, words: word || "none" }))
        : options;
  const isKnown = typeof now !== "string" || now === "" || found.some((option) => option.value === now);
  return isKnown ? found : [{ value: now, words: now }, ...found];
}

/** The value each field has while nobody touched it. */
export function startValues(fields: readonly Field[], reads: Reads, gateway: Gateway): Values {
  return Object.fromEntries(
    fields.map((field): [string, Value] => {
      const given = field.initial?.(reads);
      if (given !== undefined) return [field.name, given];
      if (field.kind === "check") return [field.name, false];
      if (field.kind === "flags") return [field.name, (field.flags ?? []).map(() => false)];
      if (field.kind === "choice") return [field.name, optionsFor(field, reads, gateway, "")[0]?.value ?? ""];
      return [field.name, ""];
    }),
  );
}

const TYPES: Partial<Record<Field["kind"], string>> = { text: "text", secret: "password", email: "email", number: "number" };

interface OneFieldProps {
  id: string;
  field: Field;
  value: Value;
  options: readonly Option[];
  onChange: (value: Value) => void;
}

function OneField({ id, field, value, options, onChange }: OneFieldProps) {
  const hint = field.hint ? `${id}-hint` : undefined;
  if (field.kind === "check") {
    return (
      <label class="check">
        <input id={id} name={field.name} type="checkbox" checked={value === true} onChange={(event) => onChange(event.currentTarget.checked)} />
        <span>{field.label}</span>
      </label>
    );
  }
  if (field.kind === "flags") {
    const flags = Array.isArray(value) ? value : [];
    return (
      <fieldset class="flags">
        <legend>{field.label}</legend>
        {(field.flags ?? []).map((flag, place) => (
          <label class="check" key={flag}>
            <input
              type="checkbox"
              name={`${field.name}${flag}`}
              checked={flags[place] === true}
              onChange={(event) => onChange(flags.map((old, other) => (other === place ? event.currentTarget.checked : old)))}
            />
            <span>{flag}</span>
          </label>
        ))}
      </fieldset>
    );
  }
  const shared = {
    id,
    name: field.name,
    value: String(value),
    required: !field.optional,
    ...(hint ? { "aria-describedby": hint } : {}),
    autocomplete: "off" as const,
  };
  return (
    <div class="field">
      <label for={id}>
        {field.label}
        {field.optional && <span class="optional"> (may stay empty)</span>}
      </label>
      {field.kind === "choice" ? (
        <select {...shared} onChange={(event) => onChange(event.currentTarget.value)}>
          {options.map((option) => (
            <option key={option.value} value={option.value}>
              {option.words}
            </option>
          ))}
        </select>
      ) : (
        <span class="measure">
          <input
            {...shared}
            type={TYPES[field.kind] as "text"}
            min={field.least ?? ""}
            max={field.most ?? ""}
            step="any"
            onInput={(event) => onChange(event.currentTarget.value)}
          />
          {field.unit && <span class="unit">{field.unit}</span>}
        </span>
      )}
      {field.hint && (
        <span class="hint" id={hint}>
          {field.hint}
        </span>
      )}
    </div>
  );
}
