import type { PersonSettings, Role, SessionRule, VisitorScope } from '@otklik/shared/people';
import { Column, Entity, PrimaryColumn } from 'typeorm';

/** Somebody who signs in: staff, or a dealer's visitor. */
@Entity('person')
export class Person {
  @PrimaryColumn('uuid') id!: string;
  @Column('text') login!: string;
  @Column('text', { name: 'password_hash' }) passwordHash!: string;
  @Column('text') name!: string;
  @Column('text', { name: 'job_title' }) jobTitle!: string;
  @Column('text') role!: Role;
  @Column('uuid', { name: 'custom_role_id', nullable: true }) customRoleId!: string | null;
  @Column('uuid', { name: 'dealer_id', nullable: true }) dealerId!: string | null;
  @Column('text') email!: string;
  @Column('text') phone!: string;
  @Column('boolean', { name: 'access_allowed' }) accessAllowed!: boolean;
  @Column('text', { name: 'session_rule' }) sessionRule!: SessionRule;
  /** With the rule "several": how many; null takes the dealer's number. */
  @Column('integer', { name: 'max_sessions', nullable: true }) maxSessions!: number | null;
  @Column('boolean') shared!: boolean;
  @Column('text') scope!: VisitorScope;
  @Column('boolean') chief!: boolean;
  @Column('jsonb') settings!: PersonSettings;
  @Column('integer', { name: 'rights_version' }) rightsVersion!: number;
  @Column('timestamptz', { name: 'last_sign_in_at', nullable: true }) lastSignInAt!: Date | null;
  @Column('timestamptz', { name: 'created_at' }) createdAt!: Date;
}
