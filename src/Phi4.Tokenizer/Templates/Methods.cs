// SPDX-License-Identifier: MIT
namespace Phi4.Tokenizer.Templates;

/// <summary>Methods that templates call on strings, mappings and lists. Those that would change a value do not exist here.</summary>
internal static class Methods
{
    private delegate TemplateValue StringMethod(StringValue text, CallArguments arguments, Evaluator evaluator);

    private static readonly Dictionary<string, StringMethod> OfStrings = new(StringComparer.Ordinal)
    {
        ["strip"] = (s, a, e) => StringOperations.Trim(s, Characters(a, "strip"), left: true, right: true),
        ["lstrip"] = (s, a, e) => StringOperations.Trim(s, Characters(a, "lstrip"), left: true, right: false),
        ["rstrip"] = (s, a, e) => StringOperations.Trim(s, Characters(a, "rstrip"), left: false, right: true),
        ["upper"] = (s, a, e) => LetterCase.Upper(s, e.Budget),
        ["lower"] = (s, a, e) => LetterCase.Lower(s, e.Budget),
        ["title"] = (s, a, e) => LetterCase.TitleMethod(s, e.Budget),
        ["capitalize"] = (s, a, e) => LetterCase.Capitalize(s, e.Budget),
        ["swapcase"] = (s, a, e) => LetterCase.Swap(s, e.Budget),
        ["startswith"] = (s, a, e) => HasAffix(s, a, "startswith", static (text, part) => text.StartsWith(part, StringComparison.Ordinal)),
        ["endswith"] = (s, a, e) => HasAffix(s, a, "endswith", static (text, part) => text.EndsWith(part, StringComparison.Ordinal)),
        ["removeprefix"] = (s, a, e) =>
            Text(a.Bind("removeprefix", "prefix")[0], "removeprefix") is var prefix && s.Text.StartsWith(prefix.Text, StringComparison.Ordinal)
                ? s.Slice(prefix.Text.Length, s.Text.Length - prefix.Text.Length)
                : s,
        ["removesuffix"] = (s, a, e) =>
            Text(a.Bind("removesuffix", "suffix")[0], "removesuffix") is var suffix && s.Text.EndsWith(suffix.Text, StringComparison.Ordinal)
                ? s.Slice(0, s.Text.Length - suffix.Text.Length)
                : s,
        ["split"] = (s, a, e) => Split(s, a, e, "split", StringOperations.Split),
        ["rsplit"] = (s, a, e) => Split(s, a, e, "rsplit", StringOperations.SplitFromRight),
        ["splitlines"] = (s, a, e) =>
            new ListValue([.. StringOperations.SplitLines(s, a.Bind("splitlines", "keepends")[0]?.IsTrue ?? false, e.Budget)]),
        ["partition"] = (s, a, e) => Partition(s, a, "partition", static (text, part) => text.IndexOf(part, StringComparison.Ordinal)),
        ["rpartition"] = (s, a, e) => Partition(s, a, "rpartition", static (text, part) => text.LastIndexOf(part, StringComparison.Ordinal)),
        ["replace"] = (s, a, e) =>
        {
            TemplateValue?[] given = a.Bind("replace", "old", "new", "count");
            return StringOperations.Replace(s, Text(given[0], "replace"), Text(given[1], "replace"), Count(given[2], "replace"), e.Budget);
        },
        ["join"] = (s, a, e) => StringOperations.Join(
            s, Operators.Iterate(Given(a.Bind("join", "iterable")[0], "join"), e.Budget).Select(item => Text(item, "join")), e.Budget),
        ["find"] = (s, a, e) => Place(s, a, "find", static (text, part) => text.IndexOf(part, StringComparison.Ordinal)),
        ["rfind"] = (s, a, e) => Place(s, a, "rfind", static (text, part) => text.LastIndexOf(part, StringComparison.Ordinal)),
        ["index"] = (s, a, e) => Place(s, a, "index", static (text, part) => text.IndexOf(part, StringComparison.Ordinal), mustExist: true),
        ["count"] = (s, a, e) => CountOf(s.Text, Text(a.Bind("count", "sub")[0], "count").Text),
        ["isdigit"] = (s, a, e) => All(s, char.IsDigit),
        ["isnumeric"] = (s, a, e) => All(s, char.IsNumber),
        ["isalpha"] = (s, a, e) => All(s, char.IsLetter),
        ["isalnum"] = (s, a, e) => All(s, char.IsLetterOrDigit),
        ["isspace"] = (s, a, e) => All(s, CodePoints.IsSpace),
        ["isupper"] = (s, a, e) => s.Text.Any(char.IsUpper) && !s.Text.Any(char.IsLower),
        ["islower"] = (s, a, e) => s.Text.Any(char.IsLower) && !s.Text.Any(char.IsUpper),
    };

    private static readonly string[] StringMethodsOfPythonOnly =
        ["format", "format_map", "center", "ljust", "rjust", "zfill", "encode", "expandtabs", "casefold", "translate", "isidentifier", "rindex"];

    private static readonly string[] MethodsThatChange =
        ["append", "extend", "insert", "pop", "popitem", "remove", "clear", "sort", "reverse", "update", "setdefault"];

    public static TemplateValue? Find(TemplateValue target, string name) => target switch
    {
        StringValue text when OfStrings.TryGetValue(name, out StringMethod? method) =>
            new CallableValue(name, (evaluator, arguments) => method(text, arguments, evaluator)),
        StringValue when StringMethodsOfPythonOnly.Contains(name) => new CallableValue(
            name, (_, _) => throw new TemplateFault(ChatTemplateErrorKind.Unsupported, $"the string method '{name}' is not supported")),
        MapValue map => OfMap(map, name),
        ListValue list => OfList(list, name),
        _ => null,
    };

    public static ListValue Items(MapValue map, EvaluationBudget budget)
    {
        budget.Charge(map.Members.Count);
        return new ListValue([.. map.Members.Select(member => new ListValue([member.Key, member.Value], isTuple: true))]);
    }

    private static TemplateValue? OfMap(MapValue map, string name) => name switch
    {
        "items" => new CallableValue(name, (evaluator, _) => Items(map, evaluator.Budget)),
        "keys" => new CallableValue(name, (evaluator, _) => new ListValue(Operators.Iterate(map, evaluator.Budget))),
        "values" => new CallableValue(name, (evaluator, _) =>
        {
            evaluator.Budget.Charge(map.Members.Count);
            return new ListValue([.. map.Members.Select(member => member.Value)]);
        }),
        "get" => new CallableValue(name, (_, arguments) =>
        {
            TemplateValue?[] given = arguments.Bind("get", "key", "default");
            return (given[0] is StringValue key ? map.Find(key.Text) : null) ?? given[1] ?? TemplateValue.None;
        }),
        "copy" => new CallableValue(name, (_, _) => map),
        _ => Unchangeable(map, name),
    };

    private static TemplateValue? OfList(ListValue list, string name) => name switch
    {
        "index" => new CallableValue(name, (evaluator, arguments) =>
        {
            TemplateValue item = Given(arguments.Bind("index", "value")[0], "index");
            int place = Array.FindIndex(list.Items, candidate => Operators.AreEqual(candidate, item, evaluator.Budget));
            return place >= 0 ? place : throw evaluator.Fail("the item is not in the list");
        }),
        "count" => new CallableValue(name, (evaluator, arguments) =>
        {
            TemplateValue item = Given(arguments.Bind("count", "value")[0], "count");
            return list.Items.Count(candidate => Operators.AreEqual(candidate, item, evaluator.Budget));
        }),
        "copy" when !list.IsTuple => new CallableValue(name, (_, _) => list),
        _ => list.IsTuple ? null : Unchangeable(list, name),
    };

    private static UndefinedValue? Unchangeable(TemplateValue target, string name) =>
        MethodsThatChange.Contains(name) ? new UndefinedValue($"'{name}' would change a {target.TypeName}, which a chat template must not do") : null;

    private static TemplateValue Given(TemplateValue? value, string method) =>
        value ?? throw new TemplateFault(ChatTemplateErrorKind.Evaluation, $"'{method}' needs an argument");

    private static StringValue Text(TemplateValue? value, string method) => Given(value, method) is StringValue text
        ? text
        : throw new TemplateFault(ChatTemplateErrorKind.Evaluation, $"'{method}' needs a string, not a {value!.TypeName}");

    private static string? Characters(CallArguments arguments, string method) =>
        arguments.Bind(method, "chars")[0] is { } given and not NoneValue ? Text(given, method).Text : null;

    private static int Count(TemplateValue? value, string method) => value switch
    {
        null or NoneValue => -1,
        IntegerValue number => (int)System.Numerics.BigInteger.Max(-1, System.Numerics.BigInteger.Min(number.Value, int.MaxValue)),
        _ => throw new TemplateFault(ChatTemplateErrorKind.Evaluation, $"'{method}' needs a whole number, not a {value.TypeName}"),
    };

    private static TemplateValue HasAffix(StringValue text, CallArguments arguments, string method, Func<string, string, bool> has)
    {
        TemplateValue affix = Given(arguments.Bind(method, "affix")[0], method);
        return affix is ListValue { IsTuple: true } several
            ? several.Items.Any(item => has(text.Text, Text(item, method).Text))
            : has(text.Text, Text(affix, method).Text);
    }

    private static ListValue Split(
        StringValue text, CallArguments arguments, Evaluator evaluator, string method, Func<StringValue, StringValue?, int, EvaluationBudget, TemplateValue[]> split)
    {
        TemplateValue?[] given = arguments.Bind(method, "sep", "maxsplit");
        StringValue? separator = given[0] is null or NoneValue ? null : Text(given[0], method);
        return new ListValue(split(text, separator, Count(given[1], method), evaluator.Budget));
    }

    private static ListValue Partition(StringValue text, CallArguments arguments, string method, Func<string, string, int> find)
    {
        StringValue separator = Text(arguments.Bind(method, "sep")[0], method);
        int at = separator.Text.Length == 0
            ? throw new TemplateFault(ChatTemplateErrorKind.Evaluation, "a separator cannot be empty")
            : find(text.Text, separator.Text);
        if (at < 0)
        {
            return new ListValue(method == "partition" ? [text, StringValue.Empty, StringValue.Empty] : [StringValue.Empty, StringValue.Empty, text], isTuple: true);
        }

        int after = at + separator.Text.Length;
        return new ListValue([text.Slice(0, at), separator, text.Slice(after, text.Text.Length - after)], isTuple: true);
    }

    private static TemplateValue Place(StringValue text, CallArguments arguments, string method, Func<string, string, int> find, bool mustExist = false)
    {
        int at = find(text.Text, Text(arguments.Bind(method, "sub")[0], method).Text);
        return at >= 0 ? CodePoints.IndexOf(text.Text, at)
            : mustExist ? throw new TemplateFault(ChatTemplateErrorKind.Evaluation, "the substring is not in the string")
            : -1;
    }

    private static int CountOf(string text, string part) =>
        part.Length == 0 ? CodePoints.Count(text) + 1 : text.AsSpan().Count(part);

    private static bool All(StringValue text, Func<char, bool> holds) => text.Text.Length > 0 && text.Text.All(holds);
}
