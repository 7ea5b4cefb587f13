// Makes the function `runExpression(text, source, exact)`, which runs one expression: `$` is what `text` holds as JSON;
// `exact` says how integers of it are written that doubles cannot hold. The answer is one letter and a JSON text:
//   v<value>  the value of the last statement, converted as the server converts it
//   e<error>  what the expression threw: {name, message, stack, thrown}
//   c<text>   what the conversion of its value threw
// Everything used after the expression has run is captured before, so that an expression can only confuse itself.
globalThis.runExpression = (function () {
  const { parse, stringify } = JSON;
  const { isArray } = Array;
  const { isView } = ArrayBuffer;
  const { keys, is } = Object;
  const { isInteger } = Number;
  const call = Function.prototype.call.bind(Function.prototype.call);
  const { forEach } = Map.prototype;
  const { asIntN } = BigInt;
  const { toString: digits } = BigInt.prototype;
  const { replace, isWellFormed } = String.prototype;
  const [Big, Text, Num, Bool, MapOf, Data] = [BigInt, String, Number, Boolean, Map, DataView];
  const run = eval;
  const LONG = 9223372036854775808;
  const DEPTH = 200;

  // What the real server's scripts do not have should not be relied on here.
  for (const name of ["queueMicrotask", "btoa", "atob", "performance", "DOMException", "InternalError"]) {
    delete globalThis[name];
  }
  let exact = {};

  function number(value) {
    if (!isInteger(value)) return value === value && value - value === 0 ? Text(value) : `"${value}"`;
    if (is(value, -0)) return "-0.0";
    const known = exact[value];
    if (known !== undefined) return known;
    if (value >= -LONG && value < LONG) return call(digits, Big(value));
    const written = Text(value);
    return written.includes("e") ? written : written + ".0";
  }

  function string(value) {
    return stringify(call(isWellFormed, value) ? value : call(replace, value, /\p{Surrogate}/gu, "?"));
  }

  function list(value, depth) {
    let out = "[";
    for (let i = 0; i < value.length; i++) out += (i ? "," : "") + convert(value[i], depth);
    return out + "]";
  }

  function map(value, depth) {
    let out = "";
    call(forEach, value, (item, key) => {
      const name = typeof key === "object" && key !== null ? "{}" : Text(key);
      out += (out && ",") + string(name) + ":" + convert(item, depth);
    });
    return "{" + out + "}";
  }

  function object(value, depth) {
    if (isArray(value) || (isView(value) && !(value instanceof Data))) return list(value, depth);
    if (value instanceof MapOf) return map(value, depth);
    if (value instanceof Text || value instanceof Num || value instanceof Bool) {
      return convert(value.valueOf(), depth);
    }
    let out = "";
    for (const key of keys(value)) out += (out && ",") + string(key) + ":" + convert(value[key], depth);
    return "{" + out + "}";
  }

  function convert(value, depth) {
    if (depth > DEPTH) throw new RangeError("the value is nested too deeply, or contains itself");
    switch (typeof value) {
      case "number": return number(value);
      case "string": return string(value);
      case "boolean": return value ? "true" : "false";
      case "bigint": return asIntN(64, value) === value ? call(digits, value) : number(Num(value));
      case "object": return value === null ? "null" : object(value, depth + 1);
      case "undefined": return "null";
      default: return "{}";
    }
  }

  function describe(error) {
    if (typeof error !== "object" || error === null) {
      return { name: "", message: typeof error === "symbol" ? "Symbol" : Text(error), stack: "", thrown: true };
    }
    const isError = typeof error.stack === "string";
    const kind = error.name === "Error" && typeof error.constructor === "function" ? error.constructor.name : error.name;
    return {
      name: isError ? Text(kind) : "",
      message: isError ? Text(error.message) : "Error",
      stack: isError ? error.stack : "",
      thrown: !isError,
    };
  }

  return function (text, source, exactIntegers) {
    delete globalThis.runExpression;
    exact = exactIntegers;
    let value;
    try {
      globalThis.$ = parse(text);
      value = run(source);
    } catch (error) {
      try {
        return "e" + stringify(describe(error));
      } catch (_) {
        return 'e{"name":"","message":"Error","stack":"","thrown":true}';
      }
    }
    try {
      return "v" + convert(value, 0);
    } catch (error) {
      try {
        return "c" + stringify(Text(error));
      } catch (_) {
        return 'c"Error"';
      }
    }
  };
})();
