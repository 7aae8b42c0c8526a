// SPDX-License-Identifier: MIT
namespace Phi4.Tokenizer.Templates;

internal sealed partial class Evaluator
{
    private StringValue Capture(Statement[] body, Scope scope)
    {
        (TextBuilder output, Scope outer) = (_output, _scope);
        (_output, _scope) = (new TextBuilder(Budget), scope);
        Execute(body);
        StringValue text = _output.ToValue();
        (_output, _scope) = (output, outer);
        return text;
    }

    private CallableValue MakeMacro(MacroDefinition macro)
    {
        Scope definedIn = _scope;
        string[] names = [.. macro.Parameters.Select(parameter => parameter.Name)];
        return new CallableValue(macro.Name, (_, arguments) =>
        {
            TemplateValue? caller = null;
            int place = arguments.Named.FindIndex(argument => argument.Name == "caller");
            if (place >= 0)
            {
                caller = arguments.Named[place].Value;
                arguments.Named.RemoveAt(place);
            }

            TemplateValue?[] values = arguments.Bind(macro.Name, names);
            var scope = new Scope(definedIn);
            if (caller is not null)
            {
                scope.Set("caller", caller);
            }

            Scope outer = _scope;
            for (int i = 0; i < names.Length; i++)
            {
                Expression? byDefault = macro.Parameters[i].Default;
                _scope = scope;
                scope.Set(names[i], values[i] ?? (byDefault is null ? new UndefinedValue($"parameter '{names[i]}' was not given") : Evaluate(byDefault)));
            }

            _scope = outer;
            return Capture(macro.Body, scope);
        });
    }

    private void Assign(AssignTarget target, TemplateValue value)
    {
        switch (target)
        {
            case NameTarget name:
                _scope.Set(name.Name, value);
                break;
            case MemberTarget member:
                _position = member.Position;
                if (_scope.Find(member.Name) is not NamespaceValue space)
                {
                    throw Fail($"only a namespace's members can be set, and '{member.Name}' is {_scope.Find(member.Name)?.TypeName ?? "undefined"}");
                }

                space.Members[member.Member] = value;
                break;
            case TupleTarget tuple:
                _position = tuple.Position;
                TemplateValue[] items = Operators.Iterate(value, Budget);
                if (items.Length != tuple.Items.Length)
                {
                    throw Fail($"{tuple.Items.Length} names cannot take the {items.Length} items of this {value.TypeName}");
                }

                for (int i = 0; i < items.Length; i++)
                {
                    Assign(tuple.Items[i], items[i]);
                }

                break;
        }
    }
}
